using Back2Code.Notes;
using Back2Code.Notifications;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.UnitTests.Architecture;

/// <summary>What holds for every route, read from the routes themselves.</summary>
public sealed class EndpointTests
{
    private static readonly List<RouteEndpoint> s_endpoints = MapAll();

    [Fact]
    public void Every_endpoint_requires_authorization() =>
        Assert.All(s_endpoints, endpoint =>
        {
            Assert.NotEmpty(endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>());
            Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>());
        });

    [Fact]
    public void Every_endpoint_has_a_version_a_name_and_a_summary() =>
        Assert.All(s_endpoints, endpoint =>
        {
            Assert.StartsWith("/v1/", endpoint.RoutePattern.RawText, StringComparison.Ordinal);
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>());
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>());
        });

    [Fact]
    public void Every_endpoint_documents_what_it_answers_without_a_token_and_without_PostgreSQL() =>
        Assert.All(s_endpoints, endpoint =>
            Assert.Superset(new HashSet<int> { 401, 503 }, endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(answer => answer.StatusCode).ToHashSet()));

    [Fact]
    public void The_routes_are_the_contract() =>
        Assert.Equal(
            [
                "DELETE /v1/notes/{id:guid}",
                "GET /v1/notes",
                "GET /v1/notes/{id:guid}",
                "GET /v1/notifications",
                "POST /v1/notes",
                "POST /v1/notifications/{id:guid}/read",
                "PUT /v1/notes/{id:guid}",
            ],
            s_endpoints.Select(endpoint => $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} {endpoint.RoutePattern.RawText}")
                .Order(StringComparer.Ordinal));

    private static List<RouteEndpoint> MapAll()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddNotes().AddNotifications();
        var app = builder.Build();
        app.MapGroup("/v1").MapNotes();
        app.MapGroup("/v1").MapNotifications();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>()];
    }
}

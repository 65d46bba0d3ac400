using Back2Code.Monitoring.Incidents;
using Back2Code.Notes;
using Back2Code.Notifications;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.UnitTests.Architecture;

/// <summary>
/// What holds for every route, read from the routes themselves. Alertmanager's webhook is the one that users' tokens do not open:
/// it has a token of its own, and its own tests.
/// </summary>
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
        Assert.All(s_endpoints.Where(endpoint => !endpoint.RoutePattern.RawText!.Contains("/incidents", StringComparison.Ordinal)), endpoint =>
            Assert.Superset(new HashSet<int> { 401, 503 }, endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(answer => answer.StatusCode).ToHashSet()));

    [Fact]
    public void The_routes_are_the_contract() =>
        Assert.Equal(
            [
                "DELETE /v1/notes/{id:guid}",
                "GET /v1/incidents/",
                "GET /v1/incidents/{id:guid}",
                "GET /v1/notes/",
                "GET /v1/notes/{id:guid}",
                "GET /v1/notifications/",
                "POST /v1/notes/",
                "POST /v1/notifications/{id:guid}/read",
                "PUT /v1/notes/{id:guid}",
            ],
            s_endpoints.Select(endpoint => $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} {endpoint.RoutePattern.RawText}")
                .Order(StringComparer.Ordinal));

    private static List<RouteEndpoint> MapAll()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddNotes().AddNotifications().AddSingleton<IncidentDesk>().AddSingleton<IncidentReader>();
        var app = builder.Build();
        app.MapGroup("/v1").MapNotes();
        app.MapGroup("/v1").MapNotifications();
        app.MapGroup("/v1").MapIncidents();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>()];
    }
}

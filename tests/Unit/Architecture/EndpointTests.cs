using Back2Code.Identity.Audit;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
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
    private static readonly List<RouteEndpoint> Endpoints = MapAll();

    [Fact]
    public void Every_endpoint_requires_authorization() =>
        Assert.All(Endpoints, endpoint =>
        {
            Assert.NotEmpty(endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>());
            Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>());
        });

    [Fact]
    public void Every_endpoint_has_a_version_a_name_and_a_summary() =>
        Assert.All(Endpoints, endpoint =>
        {
            Assert.StartsWith("/v1/", endpoint.RoutePattern.RawText, StringComparison.Ordinal);
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>());
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>());
        });

    [Fact]
    public void Every_endpoint_documents_what_it_answers_without_a_token_and_without_PostgreSQL() =>
        Assert.All(Endpoints.Where(endpoint => !AnswersFromMemory(endpoint)), endpoint =>
            Assert.Superset(new HashSet<int> { 401, 503 }, endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(answer => answer.StatusCode).ToHashSet()));

    [Fact]
    public void The_routes_are_the_contract() =>
        Assert.Equal(
            [
                "DELETE /v1/notes/{id:guid}",
                "GET /v1/alerts",
                "GET /v1/audit/",
                "GET /v1/audit/export",
                "GET /v1/audit/verification",
                "GET /v1/health",
                "GET /v1/incidents/",
                "GET /v1/incidents/{id:guid}",
                "GET /v1/incidents/{id:guid}/actions",
                "GET /v1/incidents/{id:guid}/postmortem",
                "GET /v1/notes/",
                "GET /v1/notes/{id:guid}",
                "GET /v1/notifications/",
                "GET /v1/slos/",
                "GET /v1/slos/{name}",
                "GET /v1/slos/{name}/budget",
                "PATCH /v1/incidents/{id:guid}",
                "PATCH /v1/incidents/{id:guid}/actions/{number:int:min(1)}",
                "POST /v1/incidents/",
                "POST /v1/incidents/events",
                "POST /v1/incidents/{id:guid}/acknowledge",
                "POST /v1/incidents/{id:guid}/actions",
                "POST /v1/incidents/{id:guid}/mitigate",
                "POST /v1/incidents/{id:guid}/notes",
                "POST /v1/incidents/{id:guid}/resolve",
                "POST /v1/incidents/{id:guid}/review",
                "POST /v1/notes/",
                "POST /v1/notifications/{id:guid}/read",
                "PUT /v1/notes/{id:guid}",
            ],
            Endpoints.Select(endpoint => $"{endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()} {endpoint.RoutePattern.RawText}")
                .Order(StringComparer.Ordinal));

    /// <summary>Monitoring goes on without PostgreSQL.</summary>
    private static bool AnswersFromMemory(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.RawText!.StartsWith("/v1/incidents", StringComparison.Ordinal) || endpoint.RoutePattern.RawText == "/v1/alerts";

    private static List<RouteEndpoint> MapAll()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddNotes().AddNotifications().AddAuditReading()
            .AddSingleton<IncidentDesk>().AddSingleton<IncidentReader>().AddSingleton<IncidentClerk>().AddSingleton<AlertHistory>()
            .AddSingleton<SloSet>().AddSingleton<BudgetDesk>().AddSingleton<HealthBoard>();
        var app = builder.Build();
        app.MapGroup("/v1").MapNotes();
        app.MapGroup("/v1").MapNotifications();
        app.MapGroup("/v1").MapIncidents();
        app.MapGroup("/v1").MapAlerts();
        app.MapGroup("/v1").MapSlos();
        app.MapGroup("/v1").MapPlatformHealth();
        app.MapGroup("/v1").MapAudit();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>()];
    }
}

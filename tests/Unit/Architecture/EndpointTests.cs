using Back2Code.Authentication;
using Back2Code.Identity;
using Back2Code.Identity.Audit;
using Back2Code.Identity.Erasing;
using Back2Code.Identity.Exporting;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Incidents;
using Back2Code.Notes;
using Back2Code.Notifications;
using Back2Code.UnitTests.Authentication;
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
    /// <summary>
    /// What the standards of OAuth 2.0 and OpenID Connect have open: documents that clients read before they have a token, endpoints that issue and judge
    /// tokens and authenticate the client in the request itself, and pages: they sign a person in, or ask for the person's own cookie. Each has its own tests.
    /// </summary>
    private static readonly string[] AnonymousByStandard =
    [
        "GET /.well-known/jwks.json",
        "GET /.well-known/oauth-authorization-server",
        "GET /.well-known/openid-configuration",
        "GET /account",
        "GET /account/email",
        "GET /account/email/confirm",
        "GET /account/erasure",
        "GET /account/export",
        "GET /account/password",
        "GET /account/second-factor",
        "GET /device",
        "GET /register",
        "GET /register/confirm",
        "GET /reset-password",
        "GET /reset-password/confirm",
        "GET /sign-in",
        "GET /sign-out",
        "GET|POST /oauth2/authorize",
        "GET|POST /oauth2/logout",
        "POST /account",
        "POST /account/email",
        "POST /account/email/confirm",
        "POST /account/erasure",
        "POST /account/export",
        "POST /account/password",
        "POST /account/second-factor",
        "POST /consent",
        "POST /device",
        "POST /oauth2/device_authorization",
        "POST /oauth2/introspect",
        "POST /oauth2/revoke",
        "POST /oauth2/token",
        "POST /register",
        "POST /register/confirm",
        "POST /reset-password",
        "POST /reset-password/confirm",
        "POST /sign-in",
        "POST /sign-in/code",
        "POST /sign-out",
    ];

    /// <summary>Opened by a token, at an address that OpenID Connect gives a name and no version.</summary>
    private const string UserInfo = "GET|POST /oauth2/userinfo";

    private static readonly List<RouteEndpoint> All = MapAll();
    private static readonly List<RouteEndpoint> Endpoints = [.. All.Where(endpoint => !AnonymousByStandard.Contains(Describe(endpoint)) && Describe(endpoint) != UserInfo)];

    [Fact]
    public void Only_what_a_standard_has_open_is_open() =>
        Assert.Equal(AnonymousByStandard, All.Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is null).Select(Describe).Order(StringComparer.Ordinal));

    [Fact]
    public void Userinfo_requires_authorization() =>
        Assert.NotNull(Assert.Single(All, endpoint => Describe(endpoint) == UserInfo).Metadata.GetMetadata<IAuthorizeData>());

    [Fact]
    public void Every_endpoint_declares_one_permission_of_the_catalogue() =>
        Assert.All(Endpoints, endpoint =>
        {
            Assert.Contains(Assert.Single(endpoint.Metadata.GetOrderedMetadata<RequirePermissionAttribute>()).Permission, PermissionTests.Catalogue);
            Assert.Null(endpoint.Metadata.GetMetadata<IAllowAnonymous>());
        });

    [Fact]
    public void Reading_needs_a_permission_to_read_and_everything_else_one_to_write() =>
        Assert.All(Endpoints, endpoint => Assert.EndsWith(
            IsOfSomebodyElse(endpoint) ? ":export" : endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single() == "GET" ? ":read" : ":write",
            endpoint.Metadata.GetMetadata<RequirePermissionAttribute>()!.Permission,
            StringComparison.Ordinal));

    [Fact]
    public void Every_endpoint_has_a_version_a_name_and_a_summary() =>
        Assert.All(Endpoints, endpoint =>
        {
            Assert.StartsWith("/v1/", endpoint.RoutePattern.RawText, StringComparison.Ordinal);
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointNameMetadata>());
            Assert.NotNull(endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>());
        });

    [Fact]
    public void Every_endpoint_documents_what_it_answers_without_a_token_or_the_permission_and_without_PostgreSQL() =>
        Assert.All(Endpoints.Where(endpoint => !AnswersFromMemory(endpoint)), endpoint =>
            Assert.Superset(new HashSet<int> { 401, 403, 503 }, endpoint.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>().Select(answer => answer.StatusCode).ToHashSet()));

    [Fact]
    public void The_routes_are_the_contract() =>
        Assert.Equal(
            [
                "DELETE /v1/notes/{id:guid}",
                "DELETE /v1/sessions/{id:guid}",
                "DELETE /v1/users/{id:guid}/second-factor",
                "DELETE /v1/users/{id:guid}/sessions",
                "GET /v1/alerts",
                "GET /v1/audit/",
                "GET /v1/audit/export",
                "GET /v1/audit/verification",
                "GET /v1/clients/",
                "GET /v1/health",
                "GET /v1/incidents/",
                "GET /v1/incidents/{id:guid}",
                "GET /v1/incidents/{id:guid}/actions",
                "GET /v1/incidents/{id:guid}/postmortem",
                "GET /v1/keys/",
                "GET /v1/keys/encryption",
                "GET /v1/notes/",
                "GET /v1/notes/export",
                "GET /v1/notes/export/{userId:guid}",
                "GET /v1/notes/{id:guid}",
                "GET /v1/notifications/",
                "GET /v1/notifications/export",
                "GET /v1/notifications/export/{userId:guid}",
                "GET /v1/sessions/",
                "GET /v1/slos/",
                "GET /v1/slos/{name}",
                "GET /v1/slos/{name}/budget",
                "GET /v1/users/",
                "GET /v1/users/{id:guid}/erasure/",
                "GET /v1/users/{id:guid}/export",
                "PATCH /v1/incidents/{id:guid}",
                "PATCH /v1/incidents/{id:guid}/actions/{number:int:min(1)}",
                "POST /v1/clients/",
                "POST /v1/clients/{id}/secret",
                "POST /v1/incidents/",
                "POST /v1/incidents/events",
                "POST /v1/incidents/{id:guid}/acknowledge",
                "POST /v1/incidents/{id:guid}/actions",
                "POST /v1/incidents/{id:guid}/mitigate",
                "POST /v1/incidents/{id:guid}/notes",
                "POST /v1/incidents/{id:guid}/resolve",
                "POST /v1/incidents/{id:guid}/review",
                "POST /v1/keys/encryption/rotate",
                "POST /v1/keys/rotate",
                "POST /v1/notes/",
                "POST /v1/notifications/{id:guid}/read",
                "POST /v1/users/",
                "POST /v1/users/{id:guid}/disable",
                "POST /v1/users/{id:guid}/enable",
                "POST /v1/users/{id:guid}/erasure/",
                "PUT /v1/notes/{id:guid}",
                "PUT /v1/users/{id:guid}/role",
            ],
            Endpoints.Select(Describe).Order(StringComparer.Ordinal));

    /// <summary>All that is held about another person: every role reads, and none but an administrator may read that.</summary>
    private static bool IsOfSomebodyElse(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.RawText is "/v1/users/{id:guid}/export" or "/v1/notes/export/{userId:guid}" or "/v1/notifications/export/{userId:guid}";

    /// <summary>Monitoring goes on without PostgreSQL.</summary>
    private static bool AnswersFromMemory(RouteEndpoint endpoint) =>
        endpoint.RoutePattern.RawText!.StartsWith("/v1/incidents", StringComparison.Ordinal) || endpoint.RoutePattern.RawText == "/v1/alerts";

    private static string Describe(RouteEndpoint endpoint) =>
        $"{string.Join('|', endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods)} {endpoint.RoutePattern.RawText}";

    private static List<RouteEndpoint> MapAll()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddNotes().AddNotifications().AddIdentity().AddAuditReading()
            .AddSingleton<IncidentDesk>().AddSingleton<IncidentReader>().AddSingleton<IncidentClerk>().AddSingleton<AlertHistory>()
            .AddSingleton<SloSet>().AddSingleton<BudgetDesk>().AddSingleton<HealthBoard>();
        var app = builder.Build();
        app.MapGroup("/v1").MapNotes();
        app.MapGroup("/v1").MapNotifications();
        app.MapProtocols();
        app.MapUserInfo();
        app.MapGroup("/v1").MapUsers();
        app.MapGroup("/v1").MapErasures();
        app.MapGroup("/v1").MapExport();
        app.MapGroup("/v1").MapSessions();
        app.MapGroup("/v1").MapClients();
        app.MapGroup("/v1").MapKeys();
        app.MapGroup("/v1").MapIncidents();
        app.MapGroup("/v1").MapAlerts();
        app.MapGroup("/v1").MapSlos();
        app.MapGroup("/v1").MapPlatformHealth();
        app.MapGroup("/v1").MapAudit();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).Cast<RouteEndpoint>()];
    }
}

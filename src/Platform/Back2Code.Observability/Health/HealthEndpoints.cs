using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.Observability;

/// <summary>The health endpoints for supervisors, gateways and Kubernetes.</summary>
public static class HealthEndpoints
{
    /// <summary>Gateways like to ask without a body.</summary>
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Maps <c>/health/live</c> (200 while requests are served), <c>/health/startup</c> (200 once every part of the
    /// <see cref="StartupGate"/> is complete) and <c>/health/ready</c> (503 while starting or draining; 200 and
    /// <c>degraded</c> while a dependency is away). Anonymous; neither measured, traced nor limited.
    /// </summary>
    public static IEndpointConventionBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").AllowAnonymous().DisableRateLimiting().DisableHttpMetrics().ExcludeFromDescription();
        health.MapMethods("/live", Methods, Live);
        health.MapMethods("/startup", Methods, Startup);
        health.MapMethods("/ready", Methods, Ready);
        return health;
    }

    private static JsonHttpResult<HealthBody> Live(HttpContext context) => Answer(context, []);

    private static JsonHttpResult<HealthBody> Startup(HttpContext context, StartupGate startup) => Answer(context, StartupChecks(startup));

    private static JsonHttpResult<HealthBody> Ready(HttpContext context, StartupGate startup, Readiness readiness, DependencyProber prober)
    {
        var checks = StartupChecks(startup).Where(static check => check.Status != HealthBody.Healthy).ToList();
        if (readiness.IsDraining)
        {
            checks.Add(new HealthCheck("drain", HealthBody.Unhealthy, "the process is stopping"));
        }

        checks.AddRange(prober.Dependencies.Select(static dependency =>
        {
            var (up, detail) = dependency.Current;
            return new HealthCheck(dependency.Name, up ? HealthBody.Healthy : HealthBody.Degraded, detail);
        }));
        return Answer(context, checks);
    }

    private static List<HealthCheck> StartupChecks(StartupGate startup) =>
        [.. startup.Parts.Select(static part => new HealthCheck(
            part.Name,
            part.IsComplete ? HealthBody.Healthy : HealthBody.Unhealthy,
            part.IsComplete ? "" : part.Detail ?? "not complete yet"))];

    private static JsonHttpResult<HealthBody> Answer(HttpContext context, IReadOnlyList<HealthCheck> checks)
    {
        TraceNoise.Suppress(context);
        context.Response.Headers.CacheControl = "no-store";
        var body = HealthBody.Of(checks);
        return TypedResults.Json(
            body,
            HealthJson.Default.HealthBody,
            statusCode: body.Status == HealthBody.Unhealthy ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.Observability;

/// <summary>The service level of this one process, exact and at once, without Prometheus.</summary>
public static class SliEndpoint
{
    /// <summary>
    /// Maps <c>GET /slo</c>: availability, error rate and percentiles of the last 10,000 requests that this process served. Anonymous, and neither
    /// measured nor traced itself. Users' objectives are measured at the gateway; this tells one replica from another.
    /// </summary>
    public static IEndpointConventionBuilder MapSli(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/slo", Read).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics().ExcludeFromDescription().WithDisplayName("GET /slo");

    private static JsonHttpResult<SliSnapshot> Read(HttpContext context, SliWindow window)
    {
        TraceNoise.Suppress(context);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(window.Read(), SliJson.Default.SliSnapshot);
    }
}

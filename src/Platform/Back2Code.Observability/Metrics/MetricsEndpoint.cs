using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.Observability;

/// <summary>The scrape endpoint.</summary>
public static class MetricsEndpoint
{
    /// <summary>
    /// Maps <c>GET /metrics</c>: Prometheus text format 0.0.4, whatever the scraper would accept besides. Anonymous, and neither measured nor traced itself.
    /// </summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/metrics", Scrape).AllowAnonymous().DisableRateLimiting().DisableHttpMetrics().ExcludeFromDescription().WithDisplayName("GET /metrics");

    private static Task Scrape(HttpContext context)
    {
        TraceNoise.Suppress(context);
        return context.RequestServices.GetRequiredService<MetricsCollector>().CollectAsync(
            text =>
            {
                context.Response.ContentType = PrometheusText.ContentType;
                context.Response.ContentLength = text.Length;
                return context.Response.Body.WriteAsync(text, context.RequestAborted).AsTask();
            },
            context.RequestAborted);
    }
}

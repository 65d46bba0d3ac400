using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Back2Code.Observability;

/// <summary>Scrapes and health checks come every second and explain nothing.</summary>
internal static class TraceNoise
{
    /// <summary>Keeps the request's span, and what it causes, out of the exported traces.</summary>
    public static void Suppress(HttpContext context)
    {
        if (context.Features.Get<IHttpActivityFeature>()?.Activity is { } activity)
        {
            activity.IsAllDataRequested = false;
            activity.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}

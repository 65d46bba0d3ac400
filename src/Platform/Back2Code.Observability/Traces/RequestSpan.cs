using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.Observability;

/// <summary>Completes the span of a request.</summary>
public static class RequestSpan
{
    /// <summary>
    /// Adds what ASP.NET Core 10 leaves off its span: the name <c>METHOD route</c>, <c>http.route</c>, <c>http.response.status_code</c>,
    /// and the status Error for 5xx (OpenTelemetry semantic conventions for HTTP servers). Put it in front of all other middleware.
    /// Does nothing while no trace is recorded.
    /// </summary>
    public static IApplicationBuilder UseRequestSpans(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } activity)
            {
                Complete(activity, context);
            }
        }
    });

    private static void Complete(Activity activity, HttpContext context)
    {
        // The exception handler takes the endpoint away and keeps it in its feature.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        if ((endpoint as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            activity.DisplayName = $"{context.Request.Method} {route}";
            activity.SetTag("http.route", route);
        }
        else
        {
            // Never the raw path: a name must not grow with the addresses that strangers try.
            activity.DisplayName = context.Request.Method;
        }

        activity.SetTag("http.response.status_code", context.Response.StatusCode);
        if (context.Response.StatusCode >= 500)
        {
            activity.SetTag("error.type", context.Features.Get<IExceptionHandlerFeature>()?.Error.GetType().FullName ?? context.Response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture));
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}

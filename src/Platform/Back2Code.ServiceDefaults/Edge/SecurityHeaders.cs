using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Back2Code.ServiceDefaults;

/// <summary>Headers that tell a browser to do nothing with an answer but show it to who asked. A page that needs more says so itself, and its own word stands.</summary>
internal static class SecurityHeaders
{
    private const string NothingAtAll = "default-src 'none'; frame-ancestors 'none'";

    /// <summary>To come before the error handling, which throws away what was set until then.</summary>
    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        context.Response.OnStarting(static state => SetAsync(((HttpContext)state).Response.Headers), context);
        return next(context);
    });

    private static Task SetAsync(IHeaderDictionary headers)
    {
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            headers.ContentSecurityPolicy = NothingAtAll;
        }

        headers.XContentTypeOptions = "nosniff";
        headers.TryAdd("Referrer-Policy", "no-referrer");
        return Task.CompletedTask;
    }
}

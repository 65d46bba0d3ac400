using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Back2Code.Audit;

/// <summary>
/// Looks at answers on their way out, in front of everything else, so that it does not matter which part refused: 403 always, 401 when the
/// request carried a credential. 401 without one is how every browser begins and says nothing about anybody.
/// </summary>
internal sealed partial class DenialMiddleware(DenialLog log) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, following) =>
        {
            try
            {
                await following(context).ConfigureAwait(false);
            }
            finally
            {
                Look(context);
            }
        });
        next(app);
    };

    private void Look(HttpContext context)
    {
        int status = context.Response.StatusCode;
        if (status == StatusCodes.Status403Forbidden || (status == StatusCodes.Status401Unauthorized && context.Request.Headers.ContainsKey(HeaderNames.Authorization)))
        {
            log.Add(new Denial(AuditActor.From(context), TargetOf(context), $"{status} {ReasonOf(context)}".TrimEnd()));
        }
    }

    private static string TargetOf(HttpContext context)
    {
        // Routing keeps the endpoint; an exception handler that ran the pipeline again may have taken it away.
        string route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "(no route)";
        string method = context.Request.Method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE" or "HEAD" or "OPTIONS" ? context.Request.Method : "(other)";
        return AuditText.Clean($"{method} {route}", AuditRecord.LongestText);
    }

    /// <summary>What the scheme told the client in <c>WWW-Authenticate</c> (RFC 6750, section 3): our own words, not the client's.</summary>
    private static string ReasonOf(HttpContext context)
    {
        string header = context.Response.Headers.WWWAuthenticate.ToString();
        var match = Description().Match(header);
        return match.Success ? AuditText.Clean(match.Groups["text"].Value, 200) : Error().Match(header) is { Success: true } error ? error.Groups["text"].Value : "";
    }

    [GeneratedRegex("error_description=\"(?<text>[^\"]{1,400})\"")]
    private static partial Regex Description();

    [GeneratedRegex("error=\"(?<text>[a-z_]{1,60})\"")]
    private static partial Regex Error();
}

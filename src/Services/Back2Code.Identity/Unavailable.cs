using System.Globalization;
using Back2Code.Resilience;

namespace Back2Code.Identity;

/// <summary>What the protocols and the pages answer while PostgreSQL is away: 503 with Retry-After, in the language of who asked.</summary>
internal static class Unavailable
{
    public static async ValueTask<object?> AnswerClientAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DependencyUnavailableException exception)
        {
            Announce(context.HttpContext.Response, exception);
            return new OAuthError("temporarily_unavailable", "This server is temporarily unable to answer. Try again later.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    public static async ValueTask<object?> AnswerUserAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (DependencyUnavailableException exception)
        {
            Announce(context.HttpContext.Response, exception);
            return Page.Error(StatusCodes.Status503ServiceUnavailable, "Signing in is not possible at the moment. Try again in a few seconds.");
        }
    }

    // RFC 9110, section 10.2.3, knows whole seconds only; 0 would invite a storm.
    private static void Announce(HttpResponse response, DependencyUnavailableException exception) =>
        response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(exception.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}

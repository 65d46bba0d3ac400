using System.Globalization;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.Authentication;

/// <summary>The <c>Bearer</c> scheme (RFC 6750) of ASP.NET Core. Tokens come in the Authorization header only, never in the address or a form.</summary>
internal sealed partial class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, TokenAuthority authority, IProblemDetailsService problems)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private const string Prefix = "Bearer ";
    private static readonly object RejectionKey = new();

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var headers = Request.Headers.Authorization;
        if (headers.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }

        if (headers.Count > 1)
        {
            // Two credentials: which one a proxy in front looked at is not known here.
            return Fail(TokenVerdict.Rejected.Malformed);
        }

        var header = headers[0]!;
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        try
        {
            var (identity, rejected) = await authority.JudgeAsync(header[Prefix.Length..].Trim(' '), Context.RequestAborted).ConfigureAwait(false);
            return identity is null
                ? Fail(rejected!)
                : AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
        }
        catch (DependencyUnavailableException exception)
        {
            // No keys yet. Endpoints that ask for no token must not suffer; the others answer 503 from the challenge,
            // because 401 would make the client throw a good token away.
            Context.Items[RejectionKey] = exception;
            return AuthenticateResult.Fail(exception);
        }
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Context.Items[RejectionKey] is DependencyUnavailableException unavailable)
        {
            // RFC 9110 section 10.2.3 knows whole seconds only.
            var seconds = Math.Max(1, (long)Math.Ceiling(unavailable.RetryAfter.TotalSeconds));
            Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return WriteAsync(
                StatusCodes.Status503ServiceUnavailable,
                ErrorTypes.DependencyUnavailable,
                $"The access token cannot be checked at the moment. Keep it, and try again in {seconds} s.");
        }

        // RFC 6750 section 3: no error code when the request carried no credentials.
        var rejected = Context.Items[RejectionKey] as TokenVerdict.Rejected;
        Response.Headers.WWWAuthenticate = rejected is null
            ? BearerDefaults.Scheme
            : $"{BearerDefaults.Scheme} error=\"invalid_token\", error_description=\"{rejected.Description}\"";
        return WriteAsync(
            StatusCodes.Status401Unauthorized,
            ErrorTypes.Unauthenticated,
            rejected is null ? "This address needs an access token: send 'Authorization: Bearer <token>'." : $"{rejected.Description}.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        var granted = CurrentUser.PermissionsOf(Context.User);
        var missing = (Context.GetEndpoint()?.Metadata.GetOrderedMetadata<RequirePermissionAttribute>() ?? [])
            .Select(static needed => needed.Permission)
            .Where(permission => !granted.Allows(permission))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        if (missing.Count == 0)
        {
            // Another policy of the service refuses.
            Response.Headers.WWWAuthenticate = $"{BearerDefaults.Scheme} error=\"insufficient_scope\"";
            return WriteAsync(StatusCodes.Status403Forbidden, ErrorTypes.Forbidden, "The access token is good but does not allow this.");
        }

        // A permission has no character that would end the quoted text.
        var names = string.Join(' ', missing);
        Log.PermissionMissing(Logger, names);
        Response.Headers.WWWAuthenticate = $"{BearerDefaults.Scheme} error=\"insufficient_scope\", scope=\"{names}\"";
        return WriteAsync(
            StatusCodes.Status403Forbidden,
            ErrorTypes.Forbidden,
            $"The access token is good but does not allow this: it lacks {names}.",
            new KeyValuePair<string, object?>("permissions", missing));
    }

    private AuthenticateResult Fail(TokenVerdict.Rejected rejected)
    {
        Context.Items[RejectionKey] = rejected;
        Log.TokenRejected(Logger, rejected.Reason);
        return AuthenticateResult.Fail(rejected.Description);
    }

    private async Task WriteAsync(int status, string id, string detail, params KeyValuePair<string, object?>[] members)
    {
        Response.StatusCode = status;
        var problem = new ProblemDetails { Status = status, Type = ErrorTypes.BaseUri + id, Detail = detail };
        foreach (var (name, value) in members)
        {
            problem.Extensions.Add(name, value);
        }

        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = Context,
            ProblemDetails = problem,
        }).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(2311, LogLevel.Debug, "Token rejected: {Reason}", EventName = "TokenRejected")]
        public static partial void TokenRejected(ILogger logger, string reason);

        [LoggerMessage(2312, LogLevel.Debug, "Refused: the token lacks {Permissions}", EventName = "PermissionMissing")]
        public static partial void PermissionMissing(ILogger logger, string permissions);
    }
}

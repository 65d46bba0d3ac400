using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Observability;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Back2Code.ServiceDefaults;

/// <summary>
/// Counts each request against its address and, once its token is known to be good, its user: 429 when either has had enough. Comes after authentication and before everything that
/// costs something. Endpoints with <see cref="DisableRateLimitingAttribute"/> are left alone: those that probes and scrapers ask.
/// </summary>
internal sealed class RateLimitMiddleware(
    RequestDelegate next, RateLimiter limiter, IOptions<RateLimitOptions> settings, ServiceIdentity service, IProblemDetailsService problems)
{
    private const string Client = "client";
    private const string User = "user";
    private static readonly string[] ClientOnly = [Client];
    private static readonly string[] ClientAndUser = [Client, User];

    private readonly RateLimitOptions _options = settings.Value;
    private readonly string _clientPolicy = RateLimitHeaders.DescribePolicy(Client, settings.Value.Client);
    private readonly string _bothPolicies = $"{RateLimitHeaders.DescribePolicy(Client, settings.Value.Client)}, {RateLimitHeaders.DescribePolicy(User, settings.Value.User)}";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!_options.Enabled || context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null)
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var client = new BucketDraw(KeyOf(Client, ClientAddress.Of(context, _options.TrustedProxies)), _options.Client);
        var draws = SubjectOf(context) is { } user ? (BucketDraw[])[client, new(KeyOf(User, user), _options.User)] : [client];
        string[] names = draws.Length == 1 ? ClientOnly : ClientAndUser;
        var decision = await limiter.TakeAsync(draws).ConfigureAwait(false);
        context.Response.Headers[RateLimitHeaders.Policy] = draws.Length == 1 ? _clientPolicy : _bothPolicies;
        context.Response.Headers[RateLimitHeaders.Level] = string.Join(", ", decision.Levels.Select((level, i) => RateLimitHeaders.DescribeLevel(names[i], level)));
        await (decision.Allowed ? next(context) : RefuseAsync(context, names, draws, decision)).ConfigureAwait(false);
    }

    private async Task RefuseAsync(HttpContext context, string[] names, BucketDraw[] draws, RateDecision decision)
    {
        // The one that takes longest, when both have had enough.
        int worst = decision.Levels[^1].UntilToken >= decision.Levels[0].UntilToken ? decision.Levels.Count - 1 : 0;
        long seconds = RateLimitHeaders.WholeSeconds(decision.Levels[worst].UntilToken);
        var limit = draws[worst].Limit;
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = new ProblemDetails
            {
                Status = StatusCodes.Status429TooManyRequests,
                Type = ErrorTypes.BaseUri + ErrorTypes.TooManyRequests,
                Detail = string.Create(CultureInfo.InvariantCulture, $"More requests than this {names[worst]} may send: {limit.Burst} at once and {limit.PerSecond} a second. Try again in {seconds} s."),

                // The name that the draft gives to this member.
                Extensions = { ["violated-policies"] = new[] { names[worst] } },
            },
        }).ConfigureAwait(false);
    }

    private static string? SubjectOf(HttpContext context) =>
        context.User.Identity?.IsAuthenticated == true ? context.User.FindFirst("sub")?.Value : null;

    /// <summary>A digest: of fixed length whatever was sent, and neither names nor addresses for whoever reads Redis.</summary>
    private string KeyOf(string kind, string caller)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(caller), digest);
        return $"{service.Name}:{kind}:{Convert.ToHexStringLower(digest[..16])}";
    }
}

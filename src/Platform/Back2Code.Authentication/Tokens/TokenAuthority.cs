using System.Diagnostics.Metrics;
using System.Security.Claims;

namespace Back2Code.Authentication;

/// <summary>Answers for one token: from memory if it was validated before, else by validating it. Counts the outcomes.</summary>
internal sealed class TokenAuthority
{
    public const string MeterName = "Back2Code.Authentication";

    private readonly IVerificationKeys _keys;
    private readonly TokenValidator _validator;
    private readonly TokenCache _cache;
    private readonly Counter<long> _outcomes;

    public TokenAuthority(BearerTokenOptions options, IVerificationKeys keys, TimeProvider time, IMeterFactory meters)
    {
        this._keys = keys;
        _validator = new TokenValidator(options, keys, time);
        _cache = new TokenCache(options.CachedTokens, time);
        _outcomes = meters.Create(MeterName).CreateCounter<long>(
            "back2code.auth.tokens", "{token}", "Access tokens by result: remembered, accepted, or why rejected.");
    }

    public async ValueTask<(ClaimsIdentity? Identity, TokenVerdict.Rejected? Rejected)> JudgeAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > TokenValidator.MaxTokenChars)
        {
            return Reject(TokenVerdict.Rejected.TooLarge);
        }

        var known = await _keys.CurrentAsync(cancellationToken).ConfigureAwait(false);
        if (_cache.Find(token, known) is { } remembered)
        {
            Count("remembered");
            return (remembered, null);
        }

        switch (await _validator.ValidateAsync(token, known, cancellationToken).ConfigureAwait(false))
        {
            case TokenVerdict.Accepted accepted:
                _cache.Add(token, known, accepted);
                Count("accepted");
                return (accepted.Identity, null);
            case TokenVerdict.Rejected rejected:
                return Reject(rejected);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private (ClaimsIdentity?, TokenVerdict.Rejected?) Reject(TokenVerdict.Rejected rejected)
    {
        Count(rejected.Reason);
        return (null, rejected);
    }

    private void Count(string result) => _outcomes.Add(1, new KeyValuePair<string, object?>("result", result));
}

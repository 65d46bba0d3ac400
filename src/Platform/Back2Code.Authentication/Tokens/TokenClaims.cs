using System.Security.Claims;
using System.Text.Json;

namespace Back2Code.Authentication;

/// <summary>Judges the payload of a token whose signature is good, and turns it into an identity.</summary>
internal sealed class TokenClaims(BearerTokenOptions options, TimeProvider time)
{
    private const string IssuerClaim = "iss";

    private const int MaxSubjectChars = 255;

    /// <summary>9999-12-31T23:59:59Z, the last second a <see cref="DateTimeOffset"/> can hold.</summary>
    private const double LastSecond = 253_402_300_799;

    /// <summary>What nearly every token has, so that not every token has texts of its own for it.</summary>
    private static readonly (byte[] Utf8, string Name)[] UsualNames =
    [
        .. new[] { IssuerClaim, CurrentUser.SubjectClaim, "aud", "exp", "iat", "nbf", "jti", CurrentUser.ClientClaim, CurrentUser.ScopeClaim, "roles" }
            .Select(static name => (System.Text.Encoding.UTF8.GetBytes(name), name)),
    ];

    /// <summary>The scopes seen last. Users of one role have the same, a long text, and it is read and kept once for all of their tokens.</summary>
    private readonly PermissionSet?[] _scopes = new PermissionSet?[16];

    private int _nextScope;

    public TokenVerdict Read(ReadOnlyMemory<byte> utf8)
    {
        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        using (document)
        {
            try
            {
                return Judge(document.RootElement);
            }
            catch (InvalidOperationException)
            {
                // A text with half a surrogate pair: found out only when it is read or compared.
                return TokenVerdict.Rejected.Malformed;
            }
        }
    }

    private TokenVerdict Judge(JsonElement claims)
    {
        if (!Is(claims, IssuerClaim, options.Issuer))
        {
            return TokenVerdict.Rejected.WrongIssuer;
        }

        if (!IsForUs(claims))
        {
            return TokenVerdict.Rejected.WrongAudience;
        }

        if (StrictJson.Text(claims, CurrentUser.SubjectClaim) is not { Length: > 0 and <= MaxSubjectChars } subject)
        {
            return TokenVerdict.Rejected.NoSubject;
        }

        if (!TryReadTime(claims, "exp", out var expires) || expires is null
            || !TryReadTime(claims, "nbf", out var notBefore) || !TryReadTime(claims, "iat", out var issuedAt)
            || !TryReadScope(claims, out var permissions) || !IsTextOrAbsent(claims, CurrentUser.ClientClaim))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        var now = time.GetUtcNow();
        if (now - expires.Value >= options.ClockSkew)
        {
            return TokenVerdict.Rejected.Expired;
        }

        // A token from the future comes from a clock that is wrong, and its expiry is as wrong.
        if (notBefore - now > options.ClockSkew || issuedAt - now > options.ClockSkew)
        {
            return TokenVerdict.Rejected.NotYetValid;
        }

        var identity = new TokenIdentity(permissions);
        AddClaims(claims, identity, subject);
        return new TokenVerdict.Accepted(identity, Later(expires.Value, options.ClockSkew));
    }

    private static bool Is(JsonElement claims, string name, string value) =>
        claims.TryGetProperty(name, out var claim) && claim.ValueKind == JsonValueKind.String && claim.ValueEquals(value);

    private bool IsForUs(JsonElement claims)
    {
        if (!claims.TryGetProperty("aud", out var audience))
        {
            return false;
        }

        return audience.ValueKind switch
        {
            JsonValueKind.String => audience.ValueEquals(options.Audience),
            JsonValueKind.Array => audience.EnumerateArray().All(static item => item.ValueKind == JsonValueKind.String)
                && audience.EnumerateArray().Any(item => item.ValueEquals(options.Audience)),
            _ => false,
        };
    }

    /// <summary>False when the claim is there and is no text.</summary>
    private static bool IsTextOrAbsent(JsonElement claims, string name) => StrictJson.Text(claims, name) is not null || !claims.TryGetProperty(name, out _);

    /// <summary>False when the claim is there and is no text: a list would otherwise be taken for a scope of nothing.</summary>
    private bool TryReadScope(JsonElement claims, out PermissionSet permissions)
    {
        permissions = PermissionSet.Empty;
        if (!claims.TryGetProperty(CurrentUser.ScopeClaim, out var claim))
        {
            return true;
        }

        if (claim.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        foreach (var known in _scopes)
        {
            if (known is not null && claim.ValueEquals(known.Scope))
            {
                permissions = known;
                return true;
            }
        }

        if (StrictJson.Text(claims, CurrentUser.ScopeClaim) is not { } scope)
        {
            return false;
        }

        // Two that come at once may take one place: then one of them is read again the next time.
        permissions = PermissionSet.Parse(scope);
        _scopes[(uint)Interlocked.Increment(ref _nextScope) % (uint)_scopes.Length] = permissions;
        return true;
    }

    /// <summary>False when the claim is there and no NumericDate (RFC 7519 section 2: seconds, maybe with a fraction).</summary>
    private static bool TryReadTime(JsonElement claims, string name, out DateTimeOffset? at)
    {
        at = null;
        if (!claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !(seconds is >= 0 and <= LastSecond))
        {
            return false;
        }

        at = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    private void AddClaims(JsonElement payload, TokenIdentity identity, string subject)
    {
        foreach (var member in payload.EnumerateObject())
        {
            var name = NameOf(member);
            if (ReferenceEquals(name, IssuerClaim))
            {
                // Every claim says who vouches for it (Claim.Issuer); it needs none of its own.
                continue;
            }

            if (member.Value.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in member.Value.EnumerateArray())
                {
                    Add(identity, name, TextOf(item));
                }
            }
            else
            {
                // These two have been read already, and a second copy of their text would be kept as long as the token.
                Add(identity, name, ReferenceEquals(name, CurrentUser.SubjectClaim) ? subject : ReferenceEquals(name, CurrentUser.ScopeClaim) ? identity.Permissions.Scope : TextOf(member.Value));
            }
        }
    }

    private static string NameOf(JsonProperty member)
    {
        foreach (var (utf8, name) in UsualNames)
        {
            if (member.NameEquals(utf8))
            {
                return name;
            }
        }

        return member.Name;
    }

    private string TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.GetRawText();
        }

        if (value.ValueEquals(options.Audience))
        {
            return options.Audience;
        }

        for (var i = 0; i < Roles.All.Count; i++)
        {
            if (value.ValueEquals(Roles.All[i]))
            {
                return Roles.All[i];
            }
        }

        return value.GetString()!;
    }

    /// <summary>With its subject named at once: an identity makes a copy of every claim that belongs to nobody.</summary>
    private void Add(TokenIdentity identity, string name, string text) =>
        identity.AddClaim(new Claim(name, text, ClaimValueTypes.String, options.Issuer, options.Issuer, identity));

    private static DateTimeOffset Later(DateTimeOffset at, TimeSpan by) =>
        DateTimeOffset.MaxValue - at > by ? at + by : DateTimeOffset.MaxValue;
}

using System.Security.Claims;
using System.Text.Json;

namespace Back2Code.Authentication;

/// <summary>Judges the payload of a token whose signature is good, and turns it into an identity.</summary>
internal sealed class TokenClaims(BearerTokenOptions options, TimeProvider time)
{
    private const int MaxSubjectChars = 255;

    /// <summary>9999-12-31T23:59:59Z, the last second a <see cref="DateTimeOffset"/> can hold.</summary>
    private const double LastSecond = 253_402_300_799;

    /// <summary>What nearly every token has, so that not every token has texts of its own for it.</summary>
    private static readonly (byte[] Utf8, string Name)[] UsualNames =
    [
        .. new[] { "iss", CurrentUser.SubjectClaim, "aud", "exp", "iat", "nbf", "jti", CurrentUser.ClientClaim, CurrentUser.ScopeClaim, "roles" }
            .Select(static name => (System.Text.Encoding.UTF8.GetBytes(name), name)),
    ];

    public TokenVerdict Read(ReadOnlyMemory<byte> utf8)
    {
        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        using (document)
        {
            return Judge(document.RootElement);
        }
    }

    private TokenVerdict Judge(JsonElement claims)
    {
        if (!Is(claims, "iss", options.Issuer))
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
            || !IsTextOrAbsent(claims, CurrentUser.ScopeClaim, out var scope) || !IsTextOrAbsent(claims, CurrentUser.ClientClaim, out _))
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

        var identity = new TokenIdentity(PermissionSet.Parse(scope));
        return TryAddClaims(claims, identity, subject, scope)
            ? new TokenVerdict.Accepted(identity, Later(expires.Value, options.ClockSkew))
            : TokenVerdict.Rejected.Malformed;
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

    /// <summary>False when the claim is there and is no text. A scope that is a list would otherwise be taken for a scope of nothing.</summary>
    private static bool IsTextOrAbsent(JsonElement claims, string name, out string? text)
    {
        text = StrictJson.Text(claims, name);
        return text is not null || !claims.TryGetProperty(name, out _);
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

    private bool TryAddClaims(JsonElement payload, TokenIdentity identity, string subject, string? scope)
    {
        try
        {
            foreach (var member in payload.EnumerateObject())
            {
                var name = NameOf(member);
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
                    Add(identity, name, ReferenceEquals(name, CurrentUser.SubjectClaim) ? subject : ReferenceEquals(name, CurrentUser.ScopeClaim) ? scope! : TextOf(member.Value));
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            // A text with half a surrogate pair.
            return false;
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

    private string TextOf(JsonElement value) =>
        value.ValueKind != JsonValueKind.String ? value.GetRawText()
            : value.ValueEquals(options.Issuer) ? options.Issuer
            : value.ValueEquals(options.Audience) ? options.Audience
            : value.GetString()!;

    /// <summary>With its subject named at once: an identity makes a copy of every claim that belongs to nobody.</summary>
    private static void Add(TokenIdentity identity, string name, string text) =>
        identity.AddClaim(new Claim(name, text, ClaimValueTypes.String, ClaimsIdentity.DefaultIssuer, ClaimsIdentity.DefaultIssuer, identity));

    private static DateTimeOffset Later(DateTimeOffset at, TimeSpan by) =>
        DateTimeOffset.MaxValue - at > by ? at + by : DateTimeOffset.MaxValue;
}

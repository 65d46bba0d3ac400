using System.Security.Claims;
using System.Text;
using System.Text.Json;

namespace Back2Code.Authentication;

/// <summary>
/// Validates access tokens: JWS compact form (RFC 7515), claims (RFC 7519), profile of RFC 9068, with the advice of RFC 8725:
/// one algorithm, chosen by us and not by the token; typ checked; nothing optional understood.
/// </summary>
internal sealed class TokenValidator(BearerTokenOptions options, IVerificationKeys keys, TimeProvider time)
{
    /// <summary>Far above any token with sane claims, and below the header limits of proxies (HAProxy: 16 KiB for all headers).</summary>
    public const int MaxTokenChars = 8 * 1024;

    private const int MaxHeaderChars = 1024;
    private const int MaxSubjectChars = 255;

    /// <summary>9999-12-31T23:59:59Z, the last second a <see cref="DateTimeOffset"/> can hold.</summary>
    private const double LastSecond = 253_402_300_799;

    public async ValueTask<TokenVerdict> ValidateAsync(string token, KeySet known, CancellationToken cancellationToken)
    {
        if (token.Length > MaxTokenChars)
        {
            return TokenVerdict.Rejected.TooLarge;
        }

        var firstDot = token.IndexOf('.', StringComparison.Ordinal);
        var secondDot = firstDot < 0 ? -1 : token.IndexOf('.', firstDot + 1);
        if (firstDot is < 1 or > MaxHeaderChars || secondDot < 0 || token.IndexOf('.', secondDot + 1) >= 0
            || !StrictBase64Url.TryDecode(token.AsSpan(0, firstDot), out var header)
            || !StrictBase64Url.TryDecode(token.AsSpan(firstDot + 1, secondDot - firstDot - 1), out var payload)
            || !StrictBase64Url.TryDecode(token.AsSpan(secondDot + 1), out var signature))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        if (ReadHeader(header, out var keyId) is { } wrongHeader)
        {
            return wrongHeader;
        }

        var key = known.Find(keyId) ?? (await keys.RefreshAsync(known, cancellationToken).ConfigureAwait(false)).Find(keyId);
        if (key is null)
        {
            return TokenVerdict.Rejected.UnknownKey;
        }

        // Nothing of the payload is looked at before its signature is known to be good.
        return key.Verify(Encoding.ASCII.GetBytes(token, 0, secondDot), signature)
            ? ReadPayload(payload)
            : TokenVerdict.Rejected.BadSignature;
    }

    private static TokenVerdict.Rejected? ReadHeader(byte[] utf8, out string keyId)
    {
        keyId = "";
        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        using (document)
        {
            var header = document.RootElement;
            if (header.TryGetProperty("crit", out _))
            {
                return TokenVerdict.Rejected.Critical;
            }

            if (StrictJson.Text(header, "alg") != "ES256")
            {
                return TokenVerdict.Rejected.WrongAlgorithm;
            }

            // A media type: case-insensitive, and "application/" may be left out (RFC 7515 section 4.1.9).
            var type = StrictJson.Text(header, "typ");
            if (!string.Equals(type, "at+jwt", StringComparison.OrdinalIgnoreCase) && !string.Equals(type, "application/at+jwt", StringComparison.OrdinalIgnoreCase))
            {
                return TokenVerdict.Rejected.WrongType;
            }

            keyId = StrictJson.Text(header, "kid") ?? "";
            return keyId.Length == 0 ? TokenVerdict.Rejected.UnknownKey : null;
        }
    }

    private TokenVerdict ReadPayload(byte[] utf8)
    {
        if (!StrictJson.TryParseObject(utf8, out var document))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        using (document)
        {
            var claims = document.RootElement;
            if (StrictJson.Text(claims, "iss") != options.Issuer)
            {
                return TokenVerdict.Rejected.WrongIssuer;
            }

            if (!IsForUs(claims))
            {
                return TokenVerdict.Rejected.WrongAudience;
            }

            if (StrictJson.Text(claims, "sub") is not { Length: > 0 and <= MaxSubjectChars })
            {
                return TokenVerdict.Rejected.NoSubject;
            }

            if (!TryReadTime(claims, "exp", out var expires) || expires is null
                || !TryReadTime(claims, "nbf", out var notBefore) || !TryReadTime(claims, "iat", out _))
            {
                return TokenVerdict.Rejected.Malformed;
            }

            var now = time.GetUtcNow();
            if (now - expires.Value >= options.ClockSkew)
            {
                return TokenVerdict.Rejected.Expired;
            }

            if (notBefore - now > options.ClockSkew)
            {
                return TokenVerdict.Rejected.NotYetValid;
            }

            return TryReadClaims(claims, out var identity)
                ? new TokenVerdict.Accepted(identity, Later(expires.Value, options.ClockSkew))
                : TokenVerdict.Rejected.Malformed;
        }
    }

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

    private static bool TryReadClaims(JsonElement payload, out ClaimsIdentity identity)
    {
        identity = new ClaimsIdentity(BearerDefaults.Scheme, CurrentUser.SubjectClaim, "roles");
        try
        {
            foreach (var member in payload.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Array)
                {
                    foreach (var item in member.Value.EnumerateArray())
                    {
                        identity.AddClaim(ToClaim(member.Name, item));
                    }
                }
                else
                {
                    identity.AddClaim(ToClaim(member.Name, member.Value));
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

    private static Claim ToClaim(string name, JsonElement value) =>
        new(name, value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText());

    private static DateTimeOffset Later(DateTimeOffset at, TimeSpan by) =>
        DateTimeOffset.MaxValue - at > by ? at + by : DateTimeOffset.MaxValue;
}

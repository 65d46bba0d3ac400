using System.Buffers;
using System.Buffers.Text;
using System.Text;

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

    private readonly TokenClaims _claims = new(options, time);

    /// <summary>The header of the last token that was signed as it says. All tokens of one key have the same, and it need not be parsed again.</summary>
    private volatile KnownHeader? _lastHeader;

    public async ValueTask<TokenVerdict> ValidateAsync(string token, KeySet known, CancellationToken cancellationToken)
    {
        if (token.Length > MaxTokenChars)
        {
            return TokenVerdict.Rejected.TooLarge;
        }

        var firstDot = token.IndexOf('.', StringComparison.Ordinal);
        var secondDot = firstDot < 0 ? -1 : token.IndexOf('.', firstDot + 1);
        if (firstDot is < 1 or > MaxHeaderChars || secondDot < 0 || token.IndexOf('.', secondDot + 1) >= 0)
        {
            return TokenVerdict.Rejected.Malformed;
        }

        var header = _lastHeader;
        if (header is null || !header.IsThatOf(token, firstDot))
        {
            if (ReadHeader(token, firstDot, out header) is { } wrongHeader)
            {
                return wrongHeader;
            }
        }

        var key = known.Find(header!.KeyId) ?? (await keys.RefreshAsync(known, cancellationToken).ConfigureAwait(false)).Find(header.KeyId);
        if (key is null)
        {
            return TokenVerdict.Rejected.UnknownKey;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(token.Length);
        try
        {
            return Judge(token, firstDot, secondDot, key, header, buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private TokenVerdict Judge(string token, int firstDot, int secondDot, VerificationKey key, KnownHeader header, byte[] buffer)
    {
        Span<byte> signature = stackalloc byte[VerificationKey.SignatureBytes];
        if (!TryReadSignature(token.AsSpan(secondDot + 1), signature, out var signatureBytes))
        {
            return TokenVerdict.Rejected.Malformed;
        }

        // Nothing of the payload is looked at before its signature is known to be good.
        var signedBytes = Encoding.ASCII.GetBytes(token.AsSpan(0, secondDot), buffer);
        if (!key.Verify(buffer.AsSpan(0, signedBytes), signature[..signatureBytes]))
        {
            return TokenVerdict.Rejected.BadSignature;
        }

        _lastHeader = header;
        return StrictBase64Url.TryDecode(token.AsSpan(firstDot + 1, secondDot - firstDot - 1), buffer, out var payloadBytes)
            ? _claims.Read(buffer.AsMemory(0, payloadBytes))
            : TokenVerdict.Rejected.Malformed;
    }

    /// <summary>False when it is no base64url. A longer one than there can be is read as empty, and matches nothing.</summary>
    private static bool TryReadSignature(ReadOnlySpan<char> text, Span<byte> signature, out int written)
    {
        written = 0;
        return Base64Url.GetMaxDecodedLength(text.Length) > signature.Length ? StrictBase64Url.TryDecode(text, out _) : StrictBase64Url.TryDecode(text, signature, out written);
    }

    private static TokenVerdict.Rejected? ReadHeader(string token, int length, out KnownHeader? known)
    {
        known = null;
        if (!StrictBase64Url.TryDecode(token.AsSpan(0, length), out var utf8) || !StrictJson.TryParseObject(utf8, out var document))
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

            if (StrictJson.Text(header, "kid") is not { Length: > 0 } keyId)
            {
                return TokenVerdict.Rejected.UnknownKey;
            }

            known = new KnownHeader(token[..length], keyId);
            return null;
        }
    }

    private sealed record KnownHeader(string Encoded, string KeyId)
    {
        public bool IsThatOf(string token, int length) => length == Encoded.Length && token.AsSpan(0, length).SequenceEqual(Encoded);
    }
}

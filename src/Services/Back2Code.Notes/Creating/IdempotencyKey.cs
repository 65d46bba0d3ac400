using Microsoft.Extensions.Primitives;

namespace Back2Code.Notes.Creating;

/// <summary>
/// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header). The draft writes the key as a quoted string; most clients send it bare.
/// Both spellings of one key are one key.
/// </summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    public const int Longest = 255;

    /// <summary>Reads the key. No header is no key and fine; a header that is not a key is refused, since the client relies on it.</summary>
    /// <returns>False when there is a header and it is not a key.</returns>
    public static bool TryRead(StringValues header, out string? key)
    {
        key = null;
        if (header.Count == 0)
        {
            return true;
        }

        if (header.Count > 1)
        {
            return false;
        }

        ReadOnlySpan<char> text = header[0].AsSpan().Trim(" \t");
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
        {
            text = text[1..^1];
        }

        if (text.Length is 0 or > Longest || text.ContainsAnyExceptInRange('!', '~'))
        {
            return false;
        }

        key = text.ToString();
        return true;
    }
}

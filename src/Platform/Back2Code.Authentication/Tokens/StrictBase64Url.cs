using System.Buffers;
using System.Buffers.Text;

namespace Back2Code.Authentication;

/// <summary>
/// Base64url as RFC 7515 has it: no padding, no white space, no second spelling of the same bytes.
/// The framework's decoder is lenient on the first two, and leniency lets one token have many texts.
/// </summary>
internal static class StrictBase64Url
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);

    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        var decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        var good = TryDecode(text, decoded, out var written);
        bytes = good ? decoded.AsSpan(0, written).ToArray() : [];
        return good;
    }

    /// <param name="text">The text.</param>
    /// <param name="destination">Room for <see cref="Base64Url.GetMaxDecodedLength"/> bytes.</param>
    /// <param name="written">How many bytes there are; 0 when it is not base64url.</param>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return text.Length % 4 != 1
            && !text.ContainsAnyExcept(Characters)
            && EndsInZeroBits(text)
            // Not TryDecodeFromChars: that one throws on set bits behind the last byte, and its "false" means a short buffer only.
            && Base64Url.DecodeFromChars(text, destination, out _, out written) == OperationStatus.Done;
    }

    /// <summary>The last character of an incomplete group holds four or two bits that no byte needs.</summary>
    private static bool EndsInZeroBits(ReadOnlySpan<char> text) => (text.Length % 4) switch
    {
        2 => (Alphabet.IndexOf(text[^1], StringComparison.Ordinal) & 0b1111) == 0,
        3 => (Alphabet.IndexOf(text[^1], StringComparison.Ordinal) & 0b11) == 0,
        _ => true,
    };
}

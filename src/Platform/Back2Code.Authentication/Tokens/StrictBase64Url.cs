using System.Buffers;
using System.Buffers.Text;

namespace Back2Code.Authentication;

/// <summary>
/// Base64url as RFC 7515 has it: no padding, no white space, no second spelling of the same bytes.
/// The framework's decoder is lenient on all three, and leniency lets one token have many texts.
/// </summary>
internal static class StrictBase64Url
{
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (text.Length % 4 == 1)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        var decoded = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        // Not TryDecodeFromChars: that one throws on set bits behind the last byte, and its "false" means a short buffer only.
        if (Base64Url.DecodeFromChars(text, decoded, out _, out var written) != OperationStatus.Done)
        {
            return false;
        }

        bytes = decoded.AsSpan(0, written).ToArray();
        // The unused bits of the last character must be zero: encoding again gives the same text.
        return Base64Url.EncodeToString(bytes).AsSpan().SequenceEqual(text);
    }
}

using System.Text;

namespace Back2Code.Identity;

/// <summary>RFC 4648, section 6, without padding: what people type and authenticators read. Pure.</summary>
internal static class Base32
{
    public const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private const int Bits = 5;

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new((bytes.Length * 8 / Bits) + 1);
        int held = 0, count = 0;
        foreach (byte next in bytes)
        {
            held = (held << 8) | next;
            for (count += 8; count >= Bits; count -= Bits)
            {
                text.Append(Alphabet[(held >> (count - Bits)) & 0x1F]);
            }

            held &= (1 << count) - 1;
        }

        // What is left over is filled up with zeros.
        return count == 0 ? text.ToString() : text.Append(Alphabet[(held << (Bits - count)) & 0x1F]).ToString();
    }
}

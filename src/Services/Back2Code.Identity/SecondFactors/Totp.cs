using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>Time-based one-time passwords (RFC 6238 over RFC 4226): HMAC-SHA-1, 30 seconds, 6 digits, which is what every authenticator understands. Pure.</summary>
internal static class Totp
{
    public const int Digits = 6;

    /// <summary>As long as the digest is (RFC 4226, section 4, R6).</summary>
    public const int SecretBytes = 20;

    private const int StepSeconds = 30;

    // One step either way, for clocks that differ and for somebody who types (RFC 6238, section 5.2).
    private const int Window = 1;

    public static long StepAt(DateTimeOffset moment) => moment.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>HOTP (RFC 4226, section 5.3).</summary>
    /// <param name="digits">6 to 8.</param>
    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "HMAC-SHA-1 is what authenticators compute; the HMAC does not depend on collisions (RFC 4226, appendix B).")]
    public static string Code(ReadOnlySpan<byte> secret, long counter, int digits = Digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 6);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, 8);
        Span<byte> message = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(message, counter);
        Span<byte> digest = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, message, digest);

        // Dynamic truncation: the last four bits say where to read 31 bits.
        uint number = BinaryPrimitives.ReadUInt32BigEndian(digest[(digest[^1] & 0x0F)..]) & 0x7FFF_FFFF;
        uint modulus = digits switch { 6 => 1_000_000, 7 => 10_000_000, _ => 100_000_000 };
        return (number % modulus).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>The step whose code this is, if it is a newer one than <paramref name="lastStep"/>: a code that was used is not taken again.</summary>
    /// <returns>Null when the code is of no step near <paramref name="moment"/>.</returns>
    public static long? FindStep(ReadOnlySpan<byte> secret, string code, DateTimeOffset moment, long lastStep)
    {
        byte[] typed = Encoding.UTF8.GetBytes(code);
        long now = StepAt(moment);
        long? found = null;

        // All of them each time, so that the time taken tells nothing.
        for (long step = now - Window; step <= now + Window; step++)
        {
            if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Code(secret, step)), typed) && step > lastStep)
            {
                found ??= step;
            }
        }

        return found;
    }

    /// <summary>The address that an authenticator reads.</summary>
    public static string Address(string issuer, string user, ReadOnlySpan<byte> secret) =>
        $"otpauth://totp/{Uri.EscapeDataString(issuer)}:{Uri.EscapeDataString(user)}?secret={Base32.Encode(secret)}&issuer={Uri.EscapeDataString(issuer)}";
}

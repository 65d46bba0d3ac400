using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>Codes, tokens, cookies and client secrets: 256 random bits, of which the database keeps a digest only.</summary>
internal static class Secret
{
    private const int Bytes = 32;

    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static byte[] Digest(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    public static bool Matches(string secret, byte[] digest) => CryptographicOperations.FixedTimeEquals(Digest(secret), digest);
}

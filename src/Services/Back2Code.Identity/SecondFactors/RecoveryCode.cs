using System.Security.Cryptography;
using System.Text;

namespace Back2Code.Identity;

/// <summary>What lets somebody in who has lost the telephone: 80 random bits, once. Pure.</summary>
internal static class RecoveryCode
{
    /// <summary>How many somebody gets at once.</summary>
    public const int Count = 10;

    private const int Bytes = 10;
    private const int Characters = 16;

    /// <summary>16 letters and digits.</summary>
    public static string Create() => Base32.Encode(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>In groups of four, as it is shown.</summary>
    public static string Show(string code) => string.Join('-', code.Chunk(4).Select(static group => new string(group)));

    /// <summary>What somebody typed, without spaces and hyphens; null when it is no such code.</summary>
    public static string? Read(string typed)
    {
        string code = string.Concat(typed.Where(static c => c is not (' ' or '-'))).ToUpperInvariant();
        return code.Length == Characters && code.All(static c => Base32.Alphabet.Contains(c, StringComparison.Ordinal)) ? code : null;
    }

    public static byte[] Digest(Guid userId, string code) => SHA256.HashData(Encoding.UTF8.GetBytes($"{userId}\n{code}"));
}

using System.Security.Cryptography;

namespace Back2Code.Identity;

/// <summary>What a user types from a device's screen into a browser (RFC 8628, section 6.1): consonants, which spell no words and look like no digits.</summary>
internal static class UserCode
{
    private const string Alphabet = "BCDFGHJKLMNPQRSTVWXZ";
    private const int Letters = 8;

    /// <summary>20^8 codes, of which one lives for minutes and guesses are slowed down.</summary>
    public static string Create() => RandomNumberGenerator.GetString(Alphabet, Letters);

    public static string Show(string code) => $"{code[..4]}-{code[4..]}";

    /// <summary>Reads what somebody typed, in small letters and with whatever between them.</summary>
    public static string? Read(string? typed)
    {
        string code = new([.. (typed ?? "").Where(char.IsAsciiLetterOrDigit).Select(char.ToUpperInvariant).Take(Letters + 1)]);
        return code.Length == Letters && code.All(Alphabet.Contains) ? code : null;
    }
}

using System.Text.RegularExpressions;

namespace Back2Code.Identity;

/// <summary>Which addresses are taken: what a browser's e-mail field takes, in ASCII. Nothing that could end a header or name a second recipient.</summary>
internal static partial class EmailAddress
{
    // RFC 5321, section 4.5.3.1: a path has 256 octets with its brackets.
    public const int Longest = 254;

    public const string Pattern = @"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$";

    public static bool IsValid(string? address) => address is { Length: <= Longest } && Syntax().IsMatch(address) && !address.EndsWith('\n');

    /// <summary>What makes two addresses the same: mail servers that tell upper from lower case are a curiosity.</summary>
    public static string Normalize(string address) => address.ToLowerInvariant();

    [GeneratedRegex(Pattern, RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex Syntax();
}

using System.Text.RegularExpressions;

namespace Back2Code.Identity;

/// <summary>What users are called. The database enforces the same.</summary>
internal static partial class UserName
{
    public const string Pattern = "^[a-z0-9][a-z0-9._-]{0,62}$";

    public static bool IsValid(string name) => Syntax().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Syntax();
}

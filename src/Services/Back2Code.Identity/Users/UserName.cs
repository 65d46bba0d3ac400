using System.Text.RegularExpressions;

namespace Back2Code.Identity;

/// <summary>What users are called. The database enforces the same.</summary>
internal static partial class UserName
{
    /// <summary>Of somebody who is there, erased or not.</summary>
    public const string AnyPattern = "^[a-z0-9][a-z0-9._-]{0,62}$";

    /// <summary>Of somebody new: what begins with erased- is what is left of the erased.</summary>
    public const string Pattern = "^(?!erased-)[a-z0-9][a-z0-9._-]{0,62}$";

    public static bool IsValid(string name) => Syntax().IsMatch(name);

    [GeneratedRegex(@"\A(?!erased-)[a-z0-9][a-z0-9._-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Syntax();
}

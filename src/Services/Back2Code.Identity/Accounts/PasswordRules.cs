namespace Back2Code.Identity;

/// <summary>What a new password must be (NIST SP 800-63B, section 5.1.1.2: long; no rules about kinds of characters). Pure.</summary>
internal static class PasswordRules
{
    // A password of few different characters is short, however often they are repeated.
    private const int FewestDifferent = 5;

    /// <returns>What is wrong with it, or null.</returns>
    public static string? Check(string? password, string? again, string? name)
    {
        if (password is null || password.Length < Passwords.Shortest)
        {
            return $"A password has at least {Passwords.Shortest} characters.";
        }

        if (password.Length > Passwords.Longest)
        {
            return $"A password has at most {Passwords.Longest} characters.";
        }

        if (password.Distinct().Count() < FewestDifferent)
        {
            return $"A password has at least {FewestDifferent} different characters.";
        }

        if (name is { Length: >= 3 } && password.Contains(name, StringComparison.OrdinalIgnoreCase))
        {
            return "A password does not contain the name.";
        }

        return again is not null && again != password ? "The two passwords differ." : null;
    }
}

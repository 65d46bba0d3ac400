namespace Back2Code.Authentication;

/// <summary>The grammar: <c>resource:action</c>, each a lower-case letter followed by lower-case letters, digits and hyphens.</summary>
internal static class PermissionName
{
    /// <summary>True when there is exactly one colon; then it stands at <paramref name="colon"/>.</summary>
    public static bool TrySplit(ReadOnlySpan<char> text, out int colon)
    {
        colon = text.IndexOf(':');
        return colon > 0 && text[(colon + 1)..].IndexOf(':') < 0;
    }

    /// <summary>May stand in a token: either part may be a wildcard.</summary>
    public static bool IsGrantable(ReadOnlySpan<char> text, int colon) =>
        (text[..colon] is "*" || IsWord(text[..colon])) && (text[(colon + 1)..] is "*" || IsWord(text[(colon + 1)..]));

    /// <summary>Where the colon of a permission stands that an endpoint asks for.</summary>
    /// <exception cref="ArgumentException">It is none, or has a wildcard: an endpoint needs one thing, and says which.</exception>
    public static int SplitRequired(string permission) =>
        TrySplit(permission, out var colon) && IsWord(permission.AsSpan(0, colon)) && IsWord(permission.AsSpan(colon + 1))
            ? colon
            : throw new ArgumentException($"'{permission}' is no permission; one is resource:action in lower case, for example notes:write.", nameof(permission));

    private static bool IsWord(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetterLower(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}

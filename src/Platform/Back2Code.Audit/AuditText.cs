namespace Back2Code.Audit;

/// <summary>What text a record may hold.</summary>
internal static class AuditText
{
    /// <summary>
    /// No control characters: they forge lines in whatever prints the record. And nothing without a UTF-8 form: PostgreSQL would refuse it,
    /// and two different texts would hash alike.
    /// </summary>
    public static bool Fits(string? text, int longest)
    {
        if (text is null)
        {
            return true;
        }

        if (text.Length > longest)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i) && !(i > 0 && char.IsSurrogatePair(text, i - 1))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text as far as it fits, with a question mark for each character that does not.</summary>
    public static string Clean(string text, int longest) =>
        Fits(text, longest) ? text : new string([.. text.Take(longest).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
}

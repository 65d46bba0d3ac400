namespace Back2Code.Slo;

/// <summary>
/// Looks whether an expression can stand inside another: brackets and quotes in pairs, no comment that would swallow what follows. What it means is for
/// Prometheus to say; <c>promtool check rules</c> tells before it is loaded.
/// </summary>
internal static class PromExpression
{
    public const string Allowed = "a PromQL expression with brackets and quotes in pairs and no comment";

    private const int MaximumLength = 10_000;

    public static bool IsWhole(string query)
    {
        if (string.IsNullOrWhiteSpace(query) || query.Length > MaximumLength || query.Any(c => char.IsControl(c) && c is not ('\n' or '\t' or '\r')))
        {
            return false;
        }

        var open = new Stack<char>();
        for (int i = 0; i < query.Length; i++)
        {
            switch (query[i])
            {
                case '"' or '\'' or '`':
                    i = EndOfString(query, i);
                    if (i < 0)
                    {
                        return false;
                    }

                    break;
                case '(' or '[' or '{':
                    open.Push(query[i]);
                    break;
                case ')' or ']' or '}':
                    if (!open.TryPop(out char opened) || (opened, query[i]) is not (('(', ')') or ('[', ']') or ('{', '}')))
                    {
                        return false;
                    }

                    break;
                case '#':
                    return false;
            }
        }

        return open.Count == 0;
    }

    private static int EndOfString(string query, int start)
    {
        for (int i = start + 1; i < query.Length; i++)
        {
            if (query[i] == query[start])
            {
                return i;
            }

            if (query[i] == '\\' && query[start] != '`')
            {
                i++;
            }
        }

        return -1;
    }
}

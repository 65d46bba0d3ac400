using System.Text;
using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Experiments.JsonPaths;

/// <summary>The interoperable regular expressions of RFC 9485, on .NET's engine. A pattern that is none matches nothing.</summary>
internal static class IRegexp
{
    // A filter is asked of every node; one that backtracks for ever must not hang a run.
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(200);

    public static bool IsMatch(string text, string pattern, bool whole)
    {
        try
        {
            var translated = Translate(pattern);
            return Regex.IsMatch(text, whole ? $@"\A(?:{translated})\z" : translated, RegexOptions.CultureInvariant, Timeout);
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    /// <summary>A dot outside a class is anything but a line end (RFC 9485, section 5.3), and one character even beyond the basic plane.</summary>
    private static string Translate(string pattern)
    {
        var result = new StringBuilder();
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                result.Append(c).Append(pattern[++i]);
                continue;
            }

            inClass = c switch { '[' => true, ']' => false, _ => inClass };
            result.Append(c == '.' && !inClass ? @"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\n\r\uD800-\uDFFF])" : c.ToString());
        }

        return result.ToString();
    }
}

using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>Patterns written for Python's <c>re</c>, on .NET's engine: named groups and the end of text are spelt differently.</summary>
internal static partial class PythonPattern
{
    // A pattern that backtracks for ever must not hang a run.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentException">Does not compile.</exception>
    public static Regex Compile(string pattern)
    {
        var translated = BackReference().Replace(pattern, @"(?:\k<$1>)")
            .Replace("(?P<", "(?<", StringComparison.Ordinal)
            .Replace(@"\Z", @"\z", StringComparison.Ordinal);
        return new Regex(translated, RegexOptions.None, Timeout);
    }

    /// <returns>Null when it compiles, else why it does not.</returns>
    public static string? Complaint(string pattern)
    {
        try
        {
            _ = Compile(pattern);
            return null;
        }
        catch (ArgumentException e)
        {
            return e.Message;
        }
    }

    /// <summary>Whether it is found in the text. A filled-in pattern that does not compile, or takes too long, matches nothing.</summary>
    public static bool IsFound(string pattern, string text)
    {
        try
        {
            return Compile(pattern).IsMatch(text);
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

    [GeneratedRegex(@"\(\?P=(\w+)\)")]
    private static partial Regex BackReference();
}

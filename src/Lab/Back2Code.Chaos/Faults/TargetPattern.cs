using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Faults;

/// <summary>Names and <c>*</c> patterns of drills, resolved against what the platform has.</summary>
internal static class TargetPattern
{
    /// <exception cref="FaultException">Nothing matches; the message lists what there is.</exception>
    public static IReadOnlyList<T> Resolve<T>(string pattern, string kind, IReadOnlyCollection<T> all, Func<T, string> name)
    {
        string expression = @"\A" + Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal) + @"\z";
        List<T> matches = [.. all.Where(t => Regex.IsMatch(name(t), expression, RegexOptions.NonBacktracking)).OrderBy(name, StringComparer.Ordinal)];
        return matches.Count > 0
            ? matches
            : throw new FaultException($"No {kind} is called '{pattern}'. There are: {string.Join(", ", all.Select(name).Order(StringComparer.Ordinal))}.");
    }
}

using System.Text.RegularExpressions;

namespace Back2Code.Slo;

/// <summary>
/// Checks that a query is one series selector such as <c>http_requests_total{job="notes",code!="5xx"}</c>.
/// The generator puts the window, the rate and the sum around it: only so can windows be scaled, and counters be rated before they are summed.
/// </summary>
internal static partial class CounterSelector
{
    public const string Allowed = "one selector of counters, for example http_requests_total{job=\"notes\",code!=\"5xx\"}; windows, rate() and sum() are added by the generator";

    public static bool IsValid(string query) => Selector().IsMatch(query.Trim());

    // Metric name, then matchers: name, one of = != =~ !~, and a quoted string (with escapes). A bare {…} would select by labels only: refused.
    [GeneratedRegex(
        """^[a-zA-Z_:][a-zA-Z0-9_:]*\s*(\{\s*([a-zA-Z_][a-zA-Z0-9_]*\s*(=~|!~|!=|=)\s*("([^"\\\n]|\\.)*"|'([^'\\\n]|\\.)*')\s*(,\s*|(?=\})))*\})?$""",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 200)]
    private static partial Regex Selector();
}

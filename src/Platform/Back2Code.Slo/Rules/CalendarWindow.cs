namespace Back2Code.Slo;

/// <summary>
/// Sums since a calendar window began. PromQL has no range of varying length; so every step is recorded with the window's number as a label,
/// and the sum over a range that is surely long enough is taken by number.
/// </summary>
internal static class CalendarWindow
{
    public static string IndexSeries(string slo) => $"slo:window:index{{slo=\"{slo}\"}}";

    /// <summary>The series with the number of the present window as the label <c>window</c>.</summary>
    public static string Marked(string series, string slo) => $"{Number(slo)} * on () group_left () {series}";

    public static string Sum(string markedSeries, string slo, RuleWindow window)
    {
        // Months and quarters are up to 3.4 % longer than usual, a day may have 25 hours.
        string range = PromText.Duration(TimeSpan.FromSeconds(Math.Ceiling(window.Length.TotalSeconds * 1.05)));
        return $"sum(sum_over_time({markedSeries}[{range}]) and on (window) {Number(slo)})";
    }

    private static string Number(string slo) => $"count_values(\"window\", {IndexSeries(slo)})";
}

using System.Globalization;
using System.Net;
using System.Text;
using Back2Code.Lab.Reports;

namespace Back2Code.Lab.Comparisons;

/// <summary>Availability against latency against load, as SVG; colours come from the page's style sheet.</summary>
internal sealed class TradeOffChart(Sweep sweep)
{
    private const double Width = 960;
    private const double Height = 420;
    private const double Left = 84;
    private const double Right = 24;
    private const double Top = 24;
    private const double Bottom = 52;

    private readonly StringBuilder _svg = new();

    private sealed record Mark(int Index, double P99Ms, double Percent, int Rate, bool Pareto);

    public string Render()
    {
        var pareto = sweep.Pareto.ToHashSet();
        List<Mark> marks = [.. sweep.Points.Select((p, i) => p.Costs is null ? null : new Mark(i, p.P99Ms!.Value, p.Availability!.Value * 100, p.Rate, pareto.Contains(i))).OfType<Mark>()];
        Add($"<svg class=\"chart\" viewBox=\"0 0 {Width:0} {Height:0}\" role=\"img\" aria-labelledby=\"trade-t trade-d\"><title id=\"trade-t\">Availability against p99</title><desc id=\"trade-d\">{Text(sweep.Verdict)} The table below has every value.</desc>");
        if (marks.Count > 0)
        {
            Draw(marks);
        }

        return _svg.Append("</svg>").ToString();
    }

    private void Draw(List<Mark> marks)
    {
        var (xs, ys) = (Ticks(marks.Min(m => m.P99Ms), marks.Max(m => m.P99Ms)), Ticks(marks.Min(m => m.Percent), Math.Min(100, marks.Max(m => m.Percent))));
        double X(double ms) => Left + ((ms - xs[0]) / (xs[^1] - xs[0]) * (Width - Left - Right));
        double Y(double percent) => Height - Bottom - ((percent - ys[0]) / (ys[^1] - ys[0]) * (Height - Top - Bottom));
        foreach (var y in ys)
        {
            Add($"<line class=\"grid\" x1=\"{Left:0.0}\" x2=\"{Width - Right:0.0}\" y1=\"{Y(y):0.0}\" y2=\"{Y(y):0.0}\"/><text class=\"tick\" x=\"{Left - 8:0.0}\" y=\"{Y(y) + 4:0.0}\" text-anchor=\"end\">{y:0.###} %</text>");
        }

        foreach (var x in xs)
        {
            Add($"<line class=\"grid\" x1=\"{X(x):0.0}\" x2=\"{X(x):0.0}\" y1=\"{Top:0.0}\" y2=\"{Height - Bottom:0.0}\"/><text class=\"tick\" x=\"{X(x):0.0}\" y=\"{Height - Bottom + 18:0.0}\" text-anchor=\"middle\">{x:0.##} ms</text>");
        }

        Add($"<text class=\"legend\" x=\"{(Left + Width - Right) / 2:0.0}\" y=\"{Height - 10:0.0}\" text-anchor=\"middle\">99th percentile of response times (less is better)</text>");

        // Points of different load are not steps of one ladder.
        foreach (var ladder in marks.Where(m => m.Pareto).GroupBy(m => m.Rate))
        {
            var path = string.Join('L', ladder.OrderBy(m => m.P99Ms).Select(m => FormattableString.Invariant($"{X(m.P99Ms):0.0} {Y(m.Percent):0.0}")));
            Add($"<path class=\"line p50\" d=\"M{path}\"/>");
        }

        var highest = marks.Max(m => m.Rate);
        foreach (var mark in marks)
        {
            var radius = 4 + (6.0 * mark.Rate / highest);
            var left = X(mark.P99Ms) > Width / 2;
            Add($"<circle class=\"dot-mark {(mark.Pareto ? "pareto" : "beaten")}\" cx=\"{X(mark.P99Ms):0.0}\" cy=\"{Y(mark.Percent):0.0}\" r=\"{radius:0.0}\"/><text class=\"tick\" x=\"{X(mark.P99Ms) + (left ? -radius - 4 : radius + 4):0.0}\" y=\"{Y(mark.Percent) + 4:0.0}\" text-anchor=\"{(left ? "end" : "start")}\">{Text(string.Join(" ", sweep.Points[mark.Index].Settings.Select(s => s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..])))}</text>");
        }
    }

    /// <summary>Round values around the range, at least two.</summary>
    private static List<double> Ticks(double low, double high)
    {
        var step = TimeChart.RoundStep(Math.Max(high - low, Math.Max(Math.Abs(high), 1) * 0.001) / 5);
        var first = Math.Floor(low / step);
        var last = Math.Max(first + 1, Math.Ceiling(high / step));
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    private void Add(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

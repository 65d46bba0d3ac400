using System.Globalization;
using System.Net;
using System.Text;

namespace Back2Code.Lab.Reports;

/// <summary>One line or bar series. A null is a gap.</summary>
/// <param name="Style">CSS class that gives it its colour and dash.</param>
internal sealed record ChartSeries(string Name, string Style, IReadOnlyList<double?> Values);

/// <summary>A vertical mark with a label.</summary>
internal sealed record ChartMark(double Second, string Label, string Style);

/// <summary>A shaded span.</summary>
internal sealed record ChartBand(double From, double To, string Label);

/// <summary>
/// A chart over time as SVG, drawn here so that a report needs no script and no font from elsewhere. Colours come from the style sheet of the
/// page, so that it follows light and dark.
/// </summary>
internal sealed class TimeChart
{
    private const double Width = 960;
    private const double Height = 260;
    private const double Left = 64;
    private const double Right = 16;
    private const double Top = 68;
    private const double Bottom = 30;

    /// <summary>Names the chart; unique on its page, since ids are made from it.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>What one sees, for those who cannot see it.</summary>
    public required string Description { get; init; }

    /// <summary>Seconds from the reference of the first value; values are one second apart.</summary>
    public required double FirstSecond { get; init; }

    public required IReadOnlyList<ChartSeries> Series { get; init; }

    public IReadOnlyList<ChartMark> Marks { get; init; } = [];

    public IReadOnlyList<ChartBand> Bands { get; init; } = [];

    /// <summary>For values that span decades; zero and below sit on the axis.</summary>
    public bool Logarithmic { get; init; }

    /// <summary>Stacked bars instead of lines.</summary>
    public bool Bars { get; init; }

    public Func<double, string> Label { get; init; } = static value => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    private double Seconds => Math.Max(1, Series.Max(s => s.Values.Count));

    public string Render()
    {
        var svg = new StringBuilder();
        var ticks = Logarithmic ? Decades() : Steps();
        var (low, high) = (ticks[0], ticks[^1]);
        Add($"<svg class=\"chart\" viewBox=\"0 0 {Width:0} {Height:0}\" role=\"img\" aria-labelledby=\"{Id}-t {Id}-d\"><title id=\"{Id}-t\">{Text(Title)}</title><desc id=\"{Id}-d\">{Text(Description)}</desc>");
        foreach (var band in Bands)
        {
            var (from, to) = (X(Math.Max(band.From, FirstSecond)), X(Math.Min(band.To, FirstSecond + Seconds)));
            Add($"<rect class=\"band\" x=\"{from:0.0}\" y=\"{Top:0.0}\" width=\"{Math.Max(2, to - from):0.0}\" height=\"{Height - Top - Bottom:0.0}\"/>");
        }

        foreach (var tick in ticks)
        {
            Add($"<line class=\"grid\" x1=\"{Left:0.0}\" x2=\"{Width - Right:0.0}\" y1=\"{Y(tick):0.0}\" y2=\"{Y(tick):0.0}\"/><text class=\"tick\" x=\"{Left - 8:0.0}\" y=\"{Y(tick) + 4:0.0}\" text-anchor=\"end\">{Text(Label(tick))}</text>");
        }

        TimeAxis();
        if (Bars)
        {
            DrawBars();
        }
        else
        {
            foreach (var series in Series)
            {
                DrawLine(series);
            }
        }

        DrawMarks();
        Legend();
        return svg.Append("</svg>").ToString();

        double X(double second) => Left + (second - FirstSecond) / Seconds * (Width - Left - Right);

        double Y(double value)
        {
            var share = Logarithmic
                ? (Math.Log10(Math.Max(value, low)) - Math.Log10(low)) / (Math.Log10(high) - Math.Log10(low))
                : (value - low) / (high - low);
            return Height - Bottom - Math.Clamp(share, 0, 1) * (Height - Top - Bottom);
        }

        void Add(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

        void TimeAxis()
        {
            // About one label a tenth of the width, at round seconds, counted from the reference.
            var step = NiceStep(Seconds / 10);
            for (var second = Math.Ceiling(FirstSecond / step) * step; second <= FirstSecond + Seconds; second += step)
            {
                Add($"<line class=\"axis\" x1=\"{X(second):0.0}\" x2=\"{X(second):0.0}\" y1=\"{Height - Bottom:0.0}\" y2=\"{Height - Bottom + 5:0.0}\"/><text class=\"tick\" x=\"{X(second):0.0}\" y=\"{Height - Bottom + 18:0.0}\" text-anchor=\"middle\">{Text(second.ToString("+0 s;-0 s;0 s", CultureInfo.InvariantCulture))}</text>");
            }
        }

        void DrawLine(ChartSeries series)
        {
            // A value stands for its whole second, so it is drawn in the middle of it.
            var path = new StringBuilder();
            var pen = 'M';
            for (var i = 0; i < series.Values.Count; i++)
            {
                if (series.Values[i] is { } value)
                {
                    path.Append(CultureInfo.InvariantCulture, $"{pen}{X(FirstSecond + i + 0.5):0.0} {Y(value):0.0}");
                    pen = 'L';
                }
                else
                {
                    pen = 'M';
                }
            }

            Add($"<path class=\"line {series.Style}\" d=\"{path}\"/>");
        }

        void DrawBars()
        {
            var width = Math.Max(1, X(1) - X(0) - 1);
            for (var i = 0; i < Seconds; i++)
            {
                var floor = low;
                foreach (var series in Series)
                {
                    if (i < series.Values.Count && series.Values[i] is { } value and > 0)
                    {
                        Add($"<rect class=\"bar {series.Style}\" x=\"{X(FirstSecond + i) + 0.5:0.0}\" y=\"{Y(floor + value):0.0}\" width=\"{width:0.0}\" height=\"{Y(floor) - Y(floor + value):0.0}\"/>");
                        floor += value;
                    }
                }
            }
        }

        void DrawMarks()
        {
            // Labels stand above the plot, where nothing is drawn, in three rows: each goes to the first row in which it meets no other.
            var ends = new double[] { double.NegativeInfinity, double.NegativeInfinity, double.NegativeInfinity };
            var labels = Bands.Select(b => new ChartMark(Math.Max(b.From, FirstSecond), b.Label, "fault")).Concat(Marks);
            foreach (var mark in labels.Where(m => m.Second >= FirstSecond && m.Second <= FirstSecond + Seconds).OrderBy(m => m.Second))
            {
                var x = X(mark.Second);
                var length = mark.Label.Length * 6.8 + 10;
                var left = x + length > Width - Right;
                var row = Math.Max(0, Array.FindIndex(ends, end => end <= (left ? x - length : x)));
                ends[row] = left ? x : x + length;
                var y = Top - 6 - row * 14;
                Add($"<line class=\"mark {mark.Style}\" x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"{y - 9:0.0}\" y2=\"{Height - Bottom:0.0}\"/><text class=\"mark-label {mark.Style}\" x=\"{(left ? x - 4 : x + 4):0.0}\" y=\"{y:0.0}\" text-anchor=\"{(left ? "end" : "start")}\">{Text(mark.Label)}</text>");
            }
        }

        void Legend()
        {
            var x = Left;
            foreach (var series in Series)
            {
                Add($"<line class=\"{(Bars ? "swatch" : "line")} {series.Style}\" x1=\"{x:0.0}\" x2=\"{x + 22:0.0}\" y1=\"16\" y2=\"16\"/><text class=\"legend\" x=\"{x + 28:0.0}\" y=\"20\">{Text(series.Name)}</text>");
                x += 28 + series.Name.Length * 7.2 + 22;
            }
        }
    }

    /// <summary>Round steps from zero to at least the highest stack or value.</summary>
    private List<double> Steps()
    {
        var highest = Bars
            ? Enumerable.Range(0, (int)Seconds).Max(i => Series.Sum(s => i < s.Values.Count ? s.Values[i] ?? 0 : 0))
            : Series.SelectMany(s => s.Values).Max() ?? 0;
        var step = NiceStep(Math.Max(highest, 1) / 4);
        var ticks = new List<double>();
        for (var i = 0; i == 0 || ticks[^1] < Math.Max(highest, 1); i++)
        {
            ticks.Add(i * step);
        }

        return ticks;
    }

    private List<double> Decades()
    {
        var values = Series.SelectMany(s => s.Values).OfType<double>().Where(v => v > 0).DefaultIfEmpty(1).ToList();
        var from = (int)Math.Floor(Math.Log10(values.Min()));
        var to = Math.Max(from + 1, (int)Math.Ceiling(Math.Log10(values.Max())));
        return [.. Enumerable.Range(from, to - from + 1).Select(exponent => Math.Pow(10, exponent))];
    }

    /// <summary>The next of 1, 2, 5, 10, 20, 50, ...</summary>
    internal static double NiceStep(double atLeast) => Math.Max(1, RoundStep(atLeast));

    /// <summary>The next of ..., 0.1, 0.2, 0.5, 1, 2, 5, ...</summary>
    internal static double RoundStep(double atLeast)
    {
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(atLeast, 1e-9))));
        return new[] { 1.0, 2, 5, 10 }.Select(m => m * magnitude).First(step => step >= atLeast * 0.999999);
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}

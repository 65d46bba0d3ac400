using System.Globalization;
using Back2Code.Slo;
using Back2Code.Slo.Rules;

namespace Back2Code.Bench.Rules;

/// <summary>
/// What Prometheus would hold after a whole budget period, in OpenMetrics: what the rules recorded, which long windows sum over, and the last hour of what was
/// scraped, which the others read.
/// </summary>
internal static class SloHistory
{
    private const int StepsInBlock = 30;
    private static readonly TimeSpan Period = TimeSpan.FromDays(30);
    private static readonly TimeSpan LongestRaw = TimeSpan.FromHours(1);

    public static string Describe(RuleOptions options) => $"{Length(options).TotalHours:0} h at {Step(options).TotalSeconds:0} s";

    /// <summary>How long the counters have been counting when the benchmark begins.</summary>
    public static TimeSpan Scraped(RuleOptions options) => LongestRaw / (double)options.TimeScale + TimeSpan.FromMinutes(1);

    /// <summary>Writes the history up to a moment.</summary>
    public static Action<TextWriter, DateTimeOffset> Of(SloCatalogue slos, RuleOptions options) => (writer, until) =>
    {
        Recorded(writer, slos, options, until, "step", Step(options));
        Recorded(writer, slos, options, until, "block", Step(options) * StepsInBlock);
        for (TimeSpan age = Scraped(options); age > TimeSpan.Zero; age -= options.ScrapeInterval)
        {
            string at = Timestamp(until - age);
            foreach (string sample in SyntheticServices.Text((Scraped(options) - age).TotalSeconds).Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                writer.Write($"{sample} {at}\n");
            }
        }

        writer.Write("# EOF\n");
    };

    private static void Recorded(TextWriter writer, SloCatalogue slos, RuleOptions options, DateTimeOffset until, string kind, TimeSpan every)
    {
        bool isSplit = Step(options) > options.ScrapeInterval;
        foreach (string counted in (string[])["total", "good", "active", "watched"])
        {
            string metric = counted == "active" && kind == "step" && !isSplit ? "slo:active:bool" : $"slo:{counted}:{kind}";
            writer.Write($"# TYPE {metric} gauge\n");
            foreach (SloQueries slo in SloQueries.For(slos))
            {
                int i = 0;
                for (DateTimeOffset at = until - Length(options); at < until; at += every, i++)
                {
                    string value = counted is "active" or "watched" ? (kind == "step" ? "1" : "30") : (100 + (i % 7)).ToString(CultureInfo.InvariantCulture);
                    writer.Write($"{metric}{{slo=\"{slo.Slo}\",service=\"{slo.Service}\"}} {value} {Timestamp(at)}\n");
                }
            }
        }
    }

    private static string Timestamp(DateTimeOffset at) => (at.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private static TimeSpan Length(RuleOptions options) => Period / (double)options.TimeScale;

    private static TimeSpan Step(RuleOptions options) => options.TimeScale == 1 ? TimeSpan.FromMinutes(2) : options.ScrapeInterval;
}

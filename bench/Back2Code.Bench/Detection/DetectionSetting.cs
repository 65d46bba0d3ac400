using System.Globalization;

namespace Back2Code.Bench.Detection;

/// <summary>How often one way of watching looks, and over which windows: enough to say from raw samples when it could first have known.</summary>
/// <param name="Name">For the table.</param>
/// <param name="Pairs">Short window, long window and the share of failures that both must exceed, in the lab's seconds.</param>
internal sealed record DetectionSetting(string Name, TimeSpan Scrape, TimeSpan Evaluation, TimeSpan GroupWait, IReadOnlyList<(double Short, double Long, double Share)> Pairs)
{
    private const double Budget = 0.005;

    // In the lab an hour of an objective's windows lasts five seconds.
    private const double WindowScale = 720;

    /// <summary>What the lab runs: 1 s, 1 s, nothing waits, both page pairs.</summary>
    public static DetectionSetting Lab { get; } = new(
        "Back2Code", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.Zero,
        [Pair(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), 14.4, 1), Pair(TimeSpan.FromMinutes(30), TimeSpan.FromHours(6), 6, 1)]);

    /// <summary>
    /// 15 s scrape, 30 s evaluation, one pair 5m/1h, and Alertmanager's default group_wait of 30 s. What counts samples is divided by
    /// <paramref name="divisor"/>, windows as in the lab: by 720, and never below three scrapes.
    /// </summary>
    public static DetectionSetting Textbook(double divisor) => new(
        "textbook", TimeSpan.FromSeconds(15 / divisor), TimeSpan.FromSeconds(30 / divisor), TimeSpan.FromSeconds(30 / divisor),
        [Pair(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), 14.4, 15 / divisor)]);

    /// <summary>True while a page is due, judged on raw samples at any instant.</summary>
    public string Condition => string.Join(" or ", Pairs.Select(p => $"({Exceeds(p.Short, p.Share)} and {Exceeds(p.Long, p.Share)})"));

    /// <summary>How long errors stay in the longest window: only after that does a round begin with a clean one.</summary>
    public TimeSpan Memory => TimeSpan.FromSeconds(Pairs.Max(p => p.Long));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"scrape {Scrape.TotalSeconds:0.##} s, evaluation {Evaluation.TotalSeconds:0.##} s, windows {string.Join(" or ", Pairs.Select(p => $"{p.Short:0.#} s and {p.Long:0.#} s above {p.Share * 100:0.#} %"))}, group_wait {GroupWait.TotalSeconds:0.##} s");

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(seconds * 1000)}ms");

    private static (double, double, double) Pair(TimeSpan brief, TimeSpan extended, double factor, double scrapeSeconds) =>
        (Math.Max(brief.TotalSeconds / WindowScale, 3 * scrapeSeconds), Math.Max(extended.TotalSeconds / WindowScale, 3 * scrapeSeconds), factor * Budget);

    private static string Exceeds(double window, double share)
    {
        const string All = "haproxy_backend_http_responses_total{proxy=\"notes\"}";
        const string Failed = "haproxy_backend_http_responses_total{proxy=\"notes\",code=\"5xx\"}";
        return string.Create(CultureInfo.InvariantCulture, $"sum(rate({Failed}[{Seconds(window)}])) / sum(rate({All}[{Seconds(window)}])) > {share}");
    }
}

using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.Lab.Drills;

/// <summary>Asks Prometheus what it recorded.</summary>
internal sealed class PrometheusReader(HttpClient http, string baseUrl, TimeProvider clock)
{
    // The lab scrapes and evaluates every second.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    // Prometheus refuses more than 11,000 points a series; three hours of seconds stay below.
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(3);

    private static readonly TimeSpan ScrapePatience = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan ScrapePause = TimeSpan.FromMilliseconds(100);

    // What the answers that a report keeps are called.
    internal const string FiringName = "alerts that fired";
    internal const string ResponsesName = "answers of the gateway";

    // The Watchdog always fires: it says that alerts work, not that anything is wrong.
    private const string Firing = "ALERTS{alertstate=\"firing\",alertname!=\"Watchdog\"}";

    public async Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken)
    {
        var result = await GetAsync($"{baseUrl}/api/v1/query?query={Uri.EscapeDataString(Firing)}", cancellationToken);
        return [.. result.EnumerateArray().Select(series => series.GetProperty("metric").GetProperty("alertname").GetString()!).Distinct().Order(StringComparer.Ordinal)];
    }

    public async Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var firing = await RangeAsync(FiringName, Firing, from, to, cancellationToken);
        var responses = await RangeAsync(ResponsesName, "sum by (code) (haproxy_backend_http_responses_total{proxy=\"notes\"})", from, to, cancellationToken);
        return EvidenceOf(firing, responses, to);
    }

    /// <summary>Pure, so that a report can be checked from the answers it keeps.</summary>
    internal static PrometheusEvidence EvidenceOf(PrometheusAnswer firing, PrometheusAnswer responses, DateTimeOffset to)
    {
        var counts = responses.Series.Select(series => (Code: series.Labels.GetValueOrDefault("code", ""), Count: Increase(series.Points))).ToList();
        return new PrometheusEvidence(
            [.. firing.Series.SelectMany(series => Intervals(series, to))],
            counts.Count == 0 ? null : counts.Sum(c => c.Count),
            counts.Count == 0 ? null : counts.Where(c => c.Code == "5xx").Sum(c => c.Count))
        {
            Answers = [firing, responses],
        };
    }

    /// <summary>Waits for a scrape of gateway and monitoring after a time, and gives the time of the later one; null when it does not come.</summary>
    public async Task<DateTimeOffset?> AwaitScrapeAsync(DateTimeOffset after, TimeProvider clock, CancellationToken cancellationToken)
    {
        var deadline = clock.GetUtcNow() + ScrapePatience;
        while (clock.GetUtcNow() < deadline)
        {
            try
            {
                // timestamp() tells a sample's own time only of a bare selector; of anything else it tells the time of asking.
                var scraped = await GetAsync($"{baseUrl}/api/v1/query?query={Uri.EscapeDataString("timestamp(up{job=~\"gateway|monitoring\"}) and up == 1")}", cancellationToken);
                // Rounded, not truncated: a millisecond too early is the scrape before.
                var times = scraped.EnumerateArray().Select(series => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(Number(series.GetProperty("value")[1]) * 1000))).ToList();
                if (times.Count == 2 && times.Min() > after)
                {
                    return times.Max();
                }
            }
            catch (HttpRequestException)
            {
                // Prometheus is away; it may be back before the deadline.
            }

            await Task.Delay(ScrapePause, clock, cancellationToken);
        }

        return null;
    }

    public async Task<PrometheusAnswer> AskAsync(string name, string query, CancellationToken cancellationToken) =>
        await AnswerAsync(new PrometheusAnswer(name, query, null, null, null, clock.GetUtcNow(), default), cancellationToken);

    /// <summary>How much a counter grew between its first and last sample; it starts again at zero when its process does.</summary>
    internal static double Increase(IReadOnlyList<(DateTimeOffset At, double Value)> points) =>
        points.Zip(points.Skip(1), static (before, after) => after.Value >= before.Value ? after.Value - before.Value : after.Value).Sum();

    internal static IEnumerable<FiringInterval> Intervals(PrometheusSeries series, DateTimeOffset end)
    {
        var name = series.Labels.GetValueOrDefault("alertname", "");
        var labels = series.Labels.Where(l => l.Key is not ("alertname" or "alertstate" or "__name__")).ToDictionary();
        var start = 0;
        for (var i = 0; i < series.Points.Count; i++)
        {
            var isLast = i == series.Points.Count - 1;
            if (isLast || series.Points[i + 1].At - series.Points[i].At > Step * 1.5)
            {
                yield return new FiringInterval(name, labels, series.Points[start].At, series.Points[i].At, StillFiring: end - series.Points[i].At <= Step * 1.5);
                start = i + 1;
            }
        }
    }

    private Task<PrometheusAnswer> RangeAsync(string name, string query, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        if (to - from > LongestRange)
        {
            from = to - LongestRange;
        }

        var step = Step.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return AnswerAsync(new PrometheusAnswer(name, query, Unix(from), Unix(to), step, clock.GetUtcNow(), default), cancellationToken);
    }

    private async Task<PrometheusAnswer> AnswerAsync(PrometheusAnswer question, CancellationToken cancellationToken) =>
        question with { Result = await GetAsync(baseUrl + question.Url, cancellationToken) };

    private static double Number(JsonElement text) => PrometheusAnswer.Number(text);

    private static string Unix(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private async Task<JsonElement> GetAsync(string url, CancellationToken cancellationToken)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>(new Uri(url), cancellationToken);
        return answer.GetProperty("data").GetProperty("result").Clone();
    }
}

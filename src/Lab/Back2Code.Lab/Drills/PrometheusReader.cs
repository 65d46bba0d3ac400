using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.Lab.Drills;

/// <summary>Asks Prometheus what it recorded.</summary>
internal sealed class PrometheusReader(HttpClient http, string baseUrl)
{
    // The lab scrapes and evaluates every second.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    // Prometheus refuses more than 11,000 points a series; three hours of seconds stay below.
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(3);

    public async Task<IReadOnlyList<string>> ListFiringAsync(CancellationToken cancellationToken)
    {
        var result = await GetAsync($"{baseUrl}/api/v1/query?query={Uri.EscapeDataString("ALERTS{alertstate=\"firing\"}")}", cancellationToken);
        return [.. result.EnumerateArray().Select(series => series.GetProperty("metric").GetProperty("alertname").GetString()!).Distinct().Order(StringComparer.Ordinal)];
    }

    public async Task<PrometheusEvidence> ReadEvidenceAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        var firing = await RangeAsync("ALERTS{alertstate=\"firing\"}", from, to, cancellationToken);
        var responses = await RangeAsync("sum by (code) (haproxy_backend_http_responses_total{proxy=\"notes\"})", from, to, cancellationToken);
        var counts = responses.Select(series => (Code: series.Labels.GetValueOrDefault("code", ""), Count: Increase(series.Points))).ToList();
        return new PrometheusEvidence(
            [.. firing.SelectMany(series => Intervals(series, to))],
            counts.Count == 0 ? null : counts.Sum(c => c.Count),
            counts.Count == 0 ? null : counts.Where(c => c.Code == "5xx").Sum(c => c.Count));
    }

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

    private async Task<IReadOnlyList<PrometheusSeries>> RangeAsync(string query, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        if (to - from > LongestRange)
        {
            from = to - LongestRange;
        }

        var result = await GetAsync(
            string.Create(CultureInfo.InvariantCulture, $"{baseUrl}/api/v1/query_range?query={Uri.EscapeDataString(query)}&start={Unix(from)}&end={Unix(to)}&step={Step.TotalSeconds}"), cancellationToken);
        return [.. result.EnumerateArray().Select(Series)];
    }

    private static PrometheusSeries Series(JsonElement series) => new(
        series.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? ""),
        [.. series.GetProperty("values").EnumerateArray().Select(point => (
            DateTimeOffset.UnixEpoch.AddSeconds(point[0].GetDouble()),
            double.Parse(point[1].GetString()!, CultureInfo.InvariantCulture)))]);

    private static string Unix(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);

    private async Task<JsonElement> GetAsync(string url, CancellationToken cancellationToken)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>(new Uri(url), cancellationToken);
        return answer.GetProperty("data").GetProperty("result").Clone();
    }
}

internal sealed record PrometheusSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(DateTimeOffset At, double Value)> Points);

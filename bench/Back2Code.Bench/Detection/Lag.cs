using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Back2Code.Bench.Detection;

/// <summary>From the fault to the notification, in seconds, and what the time went into.</summary>
/// <param name="Telemetry">Fault until Prometheus has the first failure in a sample.</param>
/// <param name="Window">From there until the windows hold enough of it.</param>
/// <param name="Evaluation">From there until the rule was evaluated and the alert fires.</param>
/// <param name="Notification">From there until it was received, and the incident is open.</param>
internal sealed record Lag(double Telemetry, double Window, double Evaluation, double Notification)
{
    public double Total => Telemetry + Window + Evaluation + Notification;

    /// <summary>Each part's own median; they need not add up to the median of the sum.</summary>
    public static Lag Median(IReadOnlyList<Lag> lags) =>
        new(Middle(lags, l => l.Telemetry), Middle(lags, l => l.Window), Middle(lags, l => l.Evaluation), Middle(lags, l => l.Notification));

    public static double Middle(IReadOnlyList<Lag> lags, Func<Lag, double> part)
    {
        var sorted = lags.Select(part).Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Splits the time with the help of the samples of the Prometheus that raised the alert.</summary>
    public static async Task<Lag> SplitAsync(
        HttpClient http, string prometheus, DetectionSetting setting, DateTimeOffset fault, DateTimeOffset fired, DateTimeOffset received, CancellationToken cancellationToken)
    {
        var seen = await FirstFailureAsync(http, prometheus, fault, fired, cancellationToken) ?? fired;
        var due = await FirstDueAsync(http, prometheus, setting, seen, fired, cancellationToken) ?? fired;
        return new Lag((seen - fault).TotalSeconds, (due - seen).TotalSeconds, (fired - due).TotalSeconds, (received - fired).TotalSeconds);
    }

    /// <summary>The first sample after the fault in which the counter of failures has grown.</summary>
    private static async Task<DateTimeOffset?> FirstFailureAsync(HttpClient http, string prometheus, DateTimeOffset fault, DateTimeOffset fired, CancellationToken cancellationToken)
    {
        var range = DetectionSetting.Seconds((fired - fault).TotalSeconds + 40);
        var series = await AskAsync(http, $"{prometheus}/api/v1/query?time={Unix(fired)}&query={Uri.EscapeDataString($"haproxy_backend_http_responses_total{{proxy=\"notes\",code=\"5xx\"}}[{range}]")}", cancellationToken);
        if (series.GetArrayLength() == 0)
        {
            return null;
        }

        var points = series[0].GetProperty("values").EnumerateArray().Select(p => (At: Time(p[0]), Value: Number(p[1]))).ToList();
        var before = points.LastOrDefault(p => p.At <= fault).Value;
        return points.Where(p => p.At > fault && p.Value > before).Select(p => (DateTimeOffset?)p.At).FirstOrDefault();
    }

    private static async Task<DateTimeOffset?> FirstDueAsync(
        HttpClient http, string prometheus, DetectionSetting setting, DateTimeOffset from, DateTimeOffset fired, CancellationToken cancellationToken)
    {
        if (fired <= from)
        {
            return null;
        }

        var series = await AskAsync(http, $"{prometheus}/api/v1/query_range?start={Unix(from)}&end={Unix(fired)}&step=0.05&query={Uri.EscapeDataString(setting.Condition)}", cancellationToken);
        return series.EnumerateArray().Select(s => (DateTimeOffset?)Time(s.GetProperty("values")[0][0])).Min();
    }

    private static async Task<JsonElement> AskAsync(HttpClient http, string url, CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<JsonElement>(new Uri(url), cancellationToken)).GetProperty("data").GetProperty("result").Clone();

    private static DateTimeOffset Time(JsonElement seconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds.GetDouble() * 1000));

    private static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);

    private static string Unix(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);
}

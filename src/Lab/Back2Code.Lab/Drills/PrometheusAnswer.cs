using System.Globalization;
using System.Text.Json;

namespace Back2Code.Lab.Drills;

/// <summary>A question to Prometheus and its answer as it came: values with their own times, nothing rounded.</summary>
/// <param name="Name">What it is for; unique within a report.</param>
/// <param name="Start">Of a range: its first second, in Unix time; null asks for one instant.</param>
/// <param name="End">Of a range: its last second.</param>
/// <param name="Step">Of a range: seconds between two values.</param>
/// <param name="Result">What stands under <c>data.result</c>.</param>
public sealed record PrometheusAnswer(string Name, string Query, string? Start, string? End, string? Step, DateTimeOffset AskedAt, JsonElement Result)
{
    /// <summary>Path and query string that ask the same once more.</summary>
    public string Url => Start is null
        ? $"/api/v1/query?query={Uri.EscapeDataString(Query)}"
        : $"/api/v1/query_range?query={Uri.EscapeDataString(Query)}&start={Start}&end={End}&step={Step}";

    /// <summary>The one number that it is; null when it is none or many.</summary>
    internal double? Single =>
        Result.ValueKind == JsonValueKind.Array && Result.GetArrayLength() == 1 && Result[0].TryGetProperty("value", out var value) ? Number(value[1]) : null;

    /// <summary>The series of a range, or of a selector with a window, each with its own times.</summary>
    internal IReadOnlyList<PrometheusSeries> Series =>
    [
        .. Result.EnumerateArray().Select(series => new PrometheusSeries(
            series.GetProperty("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString() ?? ""),
            [.. series.GetProperty("values").EnumerateArray().Select(point => (TimeOf(point[0]), Number(point[1])))])),
    ];

    // Prometheus keeps milliseconds; as a fraction of seconds they come back a little less or more.
    private static DateTimeOffset TimeOf(JsonElement seconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(seconds.GetDouble() * 1000));

    internal static double Number(JsonElement text) => double.Parse(text.GetString()!, CultureInfo.InvariantCulture);
}

internal sealed record PrometheusSeries(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(DateTimeOffset At, double Value)> Points);

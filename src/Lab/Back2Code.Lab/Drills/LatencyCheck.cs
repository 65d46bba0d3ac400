using System.Globalization;

namespace Back2Code.Lab.Drills;

/// <summary>
/// Compares the traffic generator's percentiles with the gateway's histogram in Prometheus. A histogram knows shares at its edges and nothing in between, so a
/// percentile cannot be compared with one: what can is whether "95 % within 12 ms" lies between the shares at the edges below and above 12 ms.
/// </summary>
/// <remarks>
/// The two do not measure the same way. The generator counts from when a request was due, so its own lateness and that of the machine are in its figures; the
/// gateway counts from the request's first byte. A disagreement therefore mostly says that the machine was too busy for the generator to be punctual.
/// </remarks>
internal static class LatencyCheck
{
    /// <summary>Edges of <c>gateway_request_duration_seconds</c>, in seconds. A test compares them with the monitoring service's.</summary>
    internal static readonly IReadOnlyList<double> Edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <param name="latency">The generator's percentiles.</param>
    /// <param name="growth">PromQL for how much a counter grew while it measured.</param>
    /// <param name="query">Asks Prometheus.</param>
    /// <param name="cancellationToken">Ends the wait for Prometheus.</param>
    public static async Task<IReadOnlyList<FigureAgreement>> CompareAsync(
        Traffic.LatencyQuantiles latency, Func<string, string> growth, Func<string, CancellationToken, Task<double?>> query, CancellationToken cancellationToken)
    {
        var figures = new List<FigureAgreement>();
        foreach (var (name, percent, milliseconds) in new[] { ("P50", 50, latency.P50), ("P95", 95, latency.P95), ("P99", 99, latency.P99) })
        {
            if (milliseconds is { } value)
            {
                figures.Add(await CompareAsync("percentWithin" + name, percent, value / 1000, growth, query, cancellationToken));
            }
        }

        return figures;
    }

    private static async Task<FigureAgreement> CompareAsync(
        string name, int percent, double seconds, Func<string, string> growth, Func<string, CancellationToken, Task<double?>> query, CancellationToken cancellationToken)
    {
        double? below = Edges.Where(e => e <= seconds).Select(e => (double?)e).LastOrDefault(), above = Edges.Where(e => e > seconds).Select(e => (double?)e).FirstOrDefault();
        var all = growth("gateway_request_duration_seconds_count{backend=\"notes\"}");
        string Share(double edge) => string.Create(
            CultureInfo.InvariantCulture, $"100 * ({growth($"gateway_request_duration_seconds_bucket{{backend=\"notes\",le=~\"{edge}(\\\\.0)?\"}}")}) / ({all})");
        var low = below is { } b ? await query(Share(b), cancellationToken) : 0;
        var high = above is { } a ? await query(Share(a), cancellationToken) : 100;
        var parts = string.Create(
            CultureInfo.InvariantCulture,
            $"{percent} % within {seconds * 1000:0.0} ms; the gateway has {low:0.0} % within {(below ?? 0) * 1000:0.###} ms and {high:0.0} % {(above is { } edge ? $"within {edge * 1000:0.###} ms" : "in all")}");
        double? recorded = low is { } from && high is { } to ? Math.Clamp(percent, from, Math.Max(from, to)) : null;
        return new FigureAgreement(name, percent, parts, recorded, Share(above ?? below!.Value));
    }
}

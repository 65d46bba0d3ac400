using System.Globalization;

namespace Back2Code.Lab.Drills;

/// <summary>One figure of a report beside what another source has of the same.</summary>
/// <param name="Name">Stable; scripts compare it.</param>
/// <param name="Reported">By the traffic generator or the ledger; null when it left nothing.</param>
/// <param name="Parts">What <paramref name="Reported"/> is the sum of, for people.</param>
/// <param name="Recorded">By Prometheus; null when it has nothing.</param>
/// <param name="Query">Gives <paramref name="Recorded"/> when it is pasted into Prometheus.</param>
public sealed record FigureAgreement(string Name, double? Reported, string Parts, double? Recorded, string Query)
{
    /// <summary>Two sources agree when they differ by at most this share of the larger.</summary>
    public const double Tolerance = 0.01;

    /// <summary>The difference as a share of the larger figure; null when one is missing.</summary>
    public double? Difference => (Reported, Recorded) switch
    {
        ({ } ours, { } theirs) when ours == theirs => 0,
        ({ } ours, { } theirs) => Math.Abs(ours - theirs) / Math.Max(Math.Abs(ours), Math.Abs(theirs)),
        _ => null,
    };

    /// <summary>Null when there is nothing to compare.</summary>
    public bool? Agrees => Difference is { } difference ? difference <= Tolerance : null;
}

/// <summary>
/// Compares the figures of traffic generator and ledger with the gateway's counters in Prometheus, from before the first request to after the last:
/// both ends are quiet, so no request can be on the wrong side of an edge, and the sums must be equal to the request.
/// </summary>
internal static class FigureCheck
{
    private const string Backend = "haproxy_backend_http_responses_total{proxy=\"notes\"}";
    private const string GatewayLog = "gateway_requests_total{backend=\"notes\"}";

    // As Prometheus looks back for the value of an instant.
    private static readonly TimeSpan LookBack = TimeSpan.FromMinutes(5);

    // A little before the first instant, so that its last value is among the samples.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    /// <summary>What the report says, from its own sources, with the query for the other side; not yet asked.</summary>
    public static IReadOnlyList<FigureAgreement> Reported(DrillRecord record)
    {
        if (record.Evidence is not { CountedFrom: { } from, CountedTo: { } to } counted)
        {
            return [];
        }

        var traffic = record.Traffic;
        var requests = traffic is null ? (long?)null : traffic.Total + traffic.WarmUp.Total - traffic.ShedByGenerator + counted.Prepared + counted.OwnAnswers;
        return
        [
            new FigureAgreement(
                "requests",
                requests,
                FormattableString.Invariant($"{traffic?.Total:#,0} measured, {traffic?.WarmUp.Total:#,0} in the warm-up, {counted.Prepared:#,0} to prepare, {counted.OwnAnswers:#,0} probes of the hypothesis"),
                null,
                Growth(Backend, from, to)),
            new FigureAgreement(
                "failedRequests",
                traffic is null ? null : traffic.Failed + traffic.WarmUp.Failed - traffic.ShedByGenerator + counted.OwnFailures,
                FormattableString.Invariant($"{traffic?.Failed:#,0} measured, {traffic?.WarmUp.Failed:#,0} in the warm-up, {counted.OwnFailures:#,0} probes of the hypothesis"),
                null,
                Growth("haproxy_backend_http_responses_total{proxy=\"notes\",code=\"5xx\"}", from, to)),
            new FigureAgreement("requestsInGatewayLog", requests, "the same, as the gateway's log has them, which latency is measured from", null, Growth(GatewayLog, from, to)),
            new FigureAgreement(
                "acknowledgedWrites",
                record.Ledger?.Acknowledged,
                "acknowledged in the ledger",
                null,
                Growth("gateway_requests_total{backend=\"notes\",method=~\"POST|PUT|DELETE\",code_class=\"2xx\"}", from, to)),
        ];
    }

    /// <summary>Asks for the other side of each figure, and for the raw samples behind it.</summary>
    /// <param name="ask">Name and query. A report that is checked answers from what it kept.</param>
    public static async Task<IReadOnlyList<FigureAgreement>> CompareAsync(
        DrillRecord record, Func<string, string, CancellationToken, Task<PrometheusAnswer>> ask, CancellationToken cancellationToken)
    {
        var figures = Reported(record).ToArray();
        for (var i = 0; i < figures.Length; i++)
        {
            figures[i] = figures[i] with { Recorded = (await ask(figures[i].Name, figures[i].Query, cancellationToken)).Single };
        }

        if (record.Evidence is not { CountedFrom: { } from, CountedTo: { } to })
        {
            return figures;
        }

        foreach (var selector in new[] { Backend, GatewayLog })
        {
            await ask(SamplesName(selector), FormattableString.Invariant($"{selector}[{Math.Ceiling((to - from + Margin).TotalSeconds)}s] @ {At(to)}"), cancellationToken);
        }

        // While it measured, not from the first request on: quantiles of more requests are other quantiles.
        return record.Traffic is not { } traffic
            ? figures
            : [.. figures, .. await LatencyCheck.CompareAsync(traffic.LatencyMs, selector => Growth(selector, traffic.MeasuredFrom, to), async (query, token) => (await ask(query, query, token)).Single, cancellationToken)];
    }

    /// <summary>The other side once more, from the raw samples instead of Prometheus' arithmetic; null where the report keeps none.</summary>
    public static double? FromSamples(string figure, DrillEvidence evidence)
    {
        var selector = figure switch { "requests" or "failedRequests" => Backend, "requestsInGatewayLog" or "acknowledgedWrites" => GatewayLog, _ => null };
        if (selector is null || evidence is not { CountedFrom: { } from, CountedTo: { } to } || evidence.Prometheus.Find(a => a.Name == SamplesName(selector)) is not { } samples)
        {
            return null;
        }

        var series = samples.Series.Where(s => Counts(figure, s.Labels)).ToList();
        var last = series.Select(s => ValueAt(s, to)).OfType<double>().ToList();
        return last.Count == 0 ? null : last.Sum() - series.Sum(s => ValueAt(s, from) ?? 0);
    }

    private static bool Counts(string figure, IReadOnlyDictionary<string, string> labels) => figure switch
    {
        "failedRequests" => labels.GetValueOrDefault("code") == "5xx",
        "acknowledgedWrites" => labels.GetValueOrDefault("method") is "POST" or "PUT" or "DELETE" && labels.GetValueOrDefault("code_class") == "2xx",
        _ => true,
    };

    private static double? ValueAt(PrometheusSeries series, DateTimeOffset at)
    {
        // Instants are asked to the millisecond.
        at = DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds());
        var before = series.Points.Where(p => p.At <= at && p.At > at - LookBack).ToList();
        return before.Count == 0 ? null : before[^1].Value;
    }

    private static string SamplesName(string selector) => $"samples of {selector}";

    /// <summary><c>@</c> takes the last sample at or before. A counter that had not been born at the start began at zero.</summary>
    private static string Growth(string selector, DateTimeOffset from, DateTimeOffset to) => $"sum({selector} @ {At(to)}) - (sum({selector} @ {At(from)}) or vector(0))";

    private static string At(DateTimeOffset time) => (time.ToUnixTimeMilliseconds() / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);
}

/// <summary>Counts requests that the drill itself sends to notes through the gateway, so that they are not taken for users'. Thread-safe.</summary>
internal sealed class GatewayRequests(Uri gateway)
{
    private int _answers;
    private int _failures;

    public (int Answers, int Failures) Counts => (Volatile.Read(ref _answers), Volatile.Read(ref _failures));

    /// <param name="status">Null when there was no answer; the gateway counts what it would have answered.</param>
    public void Add(Uri url, int? status)
    {
        if (url.Authority != gateway.Authority || !(url.AbsolutePath == "/v1/notes" || url.AbsolutePath.StartsWith("/v1/notes/", StringComparison.Ordinal)))
        {
            return;
        }

        Interlocked.Increment(ref _answers);
        if (status is null or >= 500)
        {
            Interlocked.Increment(ref _failures);
        }
    }
}

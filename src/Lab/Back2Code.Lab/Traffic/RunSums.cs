namespace Back2Code.Lab.Traffic;

/// <summary>What a run's seconds add up to: the figures of its summary, computed a second time from the lines instead of the requests.</summary>
internal static class RunSums
{
    /// <summary>The summary with everything replaced that the seconds tell.</summary>
    public static TrafficSummary Recompute(TrafficSummary summary, IReadOnlyList<TrafficSecond> seconds)
    {
        var inOrder = seconds.OrderBy(s => s.At).ToList();
        long total = inOrder.Sum(s => s.ByJourney.Values.Sum(j => (long)j.Sent));
        long failed = inOrder.Sum(s => s.ByJourney.Values.Sum(j => (long)j.Failed));
        var (first, last, recovered) = Failures(inOrder);
        return summary with
        {
            Total = total,
            Failed = failed,
            FailedRatio = total == 0 ? 0 : Math.Round((double)failed / total, 6),
            LatencyMs = LatencyBuckets.Quantiles(inOrder),
            FirstFailureAt = first,
            LastFailureAt = last,
            RecoveredAt = recovered,
            ByJourney = summary.ByJourney.ToDictionary(j => j.Key, j => j.Value with
            {
                Total = inOrder.Sum(s => s.ByJourney.TryGetValue(j.Key, out var second) ? (long)second.Sent : 0),
                Failed = inOrder.Sum(s => s.ByJourney.TryGetValue(j.Key, out var second) ? (long)second.Failed : 0),
                LatencyMs = LatencyBuckets.Quantiles(inOrder, j.Key) ?? j.Value.LatencyMs,
            }),
            SecondsBehind = inOrder.Count(s => s.Behind && s.Phase == "measure"),
        };
    }

    /// <summary>As <see cref="RecoveryTracker"/> does it: every journey that failed proves itself by its own first success after its own last failure.</summary>
    private static (DateTimeOffset? First, DateTimeOffset? Last, DateTimeOffset? Recovered) Failures(IReadOnlyList<TrafficSecond> seconds)
    {
        DateTimeOffset? first = null, last = null;
        var recovered = new Dictionary<string, DateTimeOffset?>(StringComparer.Ordinal);
        foreach (var (name, journey) in seconds.SelectMany(s => s.ByJourney))
        {
            if (journey.LastFailureAt is { } failedAt)
            {
                first = first < journey.FirstFailureAt ? first : journey.FirstFailureAt;
                last = last > failedAt ? last : failedAt;
                recovered[name] = journey.FirstSuccessAt;
            }
            else if (recovered.TryGetValue(name, out var at) && at is null)
            {
                recovered[name] = journey.FirstSuccessAt;
            }
        }

        return (first, last, recovered.Count == 0 || recovered.Values.Any(at => at is null) ? null : recovered.Values.Max());
    }
}

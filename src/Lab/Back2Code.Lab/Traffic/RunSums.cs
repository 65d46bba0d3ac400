namespace Back2Code.Lab.Traffic;

/// <summary>What a run's seconds add up to: the figures of its summary, computed a second time from the lines instead of the requests.</summary>
internal static class RunSums
{
    /// <summary>Whether the lines tell outcomes and latencies of single journeys; those of older versions do not.</summary>
    public static bool TellJourneys(IReadOnlyList<TrafficSecond> seconds) => seconds.SelectMany(s => s.ByJourney.Values).All(j => j.Statuses.Values.Sum() == j.Sent);

    /// <summary>The summary with everything replaced that the seconds tell.</summary>
    public static TrafficSummary Recompute(TrafficSummary summary, IReadOnlyList<TrafficSecond> seconds)
    {
        var inOrder = seconds.OrderBy(s => s.At).ToList();
        var all = inOrder.SelectMany(s => s.ByJourney.Values).ToList();
        long total = all.Sum(j => (long)j.Sent);
        long failed = all.Sum(j => (long)j.Failed);
        var (first, last, recovered) = Failures(inOrder.SelectMany(s => s.ByJourney));
        var again = summary with
        {
            Total = total,
            Failed = failed,
            FailedRatio = total == 0 ? 0 : Math.Round((double)failed / total, 6),
            LatencyMs = LatencyBuckets.Quantiles(inOrder.Select(s => (s.ResponseBuckets, s.ResponseMaxNs))),
            FirstFailureAt = first,
            LastFailureAt = last,
            RecoveredAt = recovered,
            ByJourney = summary.ByJourney.ToDictionary(j => j.Key, j => Recompute(j.Value, Of(j.Key, inOrder))),
            SecondsBehind = inOrder.Count(s => s.Behind && s.Phase == "measure"),
        };
        if (!TellJourneys(inOrder))
        {
            return again;
        }

        var statuses = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (status, count) in all.SelectMany(j => j.Statuses))
        {
            statuses[status] = statuses.GetValueOrDefault(status) + count;
        }

        return again with
        {
            Statuses = statuses,
            ShedByGenerator = statuses.GetValueOrDefault(OutcomeNames.Shed),
            ByJourney = again.ByJourney.ToDictionary(j => j.Key, j => WithTimes(j.Value, j.Key, Of(j.Key, inOrder))),
        };
    }

    private static List<JourneySecond> Of(string journey, IEnumerable<TrafficSecond> seconds) => [.. seconds.Select(s => s.ByJourney.GetValueOrDefault(journey)).OfType<JourneySecond>()];

    private static JourneySummary Recompute(JourneySummary summary, List<JourneySecond> seconds) => summary with { Total = seconds.Sum(s => (long)s.Sent), Failed = seconds.Sum(s => (long)s.Failed) };

    private static JourneySummary WithTimes(JourneySummary summary, string journey, List<JourneySecond> seconds)
    {
        var (_, last, recovered) = Failures(seconds.Select(s => KeyValuePair.Create(journey, s)));
        return summary with { LatencyMs = LatencyBuckets.Quantiles(seconds.Select(s => (s.ResponseBuckets, s.ResponseMaxNs))), LastFailureAt = last, RecoveredAt = recovered };
    }

    /// <summary>As <see cref="RecoveryTracker"/> does it: every journey that failed proves itself by its own first success after its own last failure.</summary>
    private static (DateTimeOffset? First, DateTimeOffset? Last, DateTimeOffset? Recovered) Failures(IEnumerable<KeyValuePair<string, JourneySecond>> seconds)
    {
        DateTimeOffset? first = null, last = null;
        var recovered = new Dictionary<string, DateTimeOffset?>(StringComparer.Ordinal);
        foreach (var (name, journey) in seconds)
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

namespace Back2Code.Lab.Traffic;

/// <summary>Sums closed seconds up: each becomes a <see cref="TrafficSecond"/>, all of them the <see cref="TrafficSummary"/>. Used by one thread at a time.</summary>
internal sealed class RunTally(TrafficOptions options, RunClock clock, string runId)
{
    private sealed class JourneyTally
    {
        public long Total { get; set; }

        public long Failed { get; set; }

        public LatencyHistogram Response { get; } = new();
    }

    private readonly long _measuredFromNs = (long)options.WarmUp.TotalNanoseconds;
    private readonly long _behindThresholdNs = (long)options.BehindThreshold.TotalNanoseconds;
    private readonly LatencyHistogram _response = new();
    private readonly LatencyHistogram _service = new();
    private readonly LatencyHistogram _behind = new();
    private readonly RecoveryTracker _recovery = new();
    private readonly SortedDictionary<string, long> _statuses = new(StringComparer.Ordinal);
    private readonly SortedDictionary<Journey, JourneyTally> _journeys = [];
    private long _total;
    private long _failed;
    private long _warmUpTotal;
    private long _warmUpFailed;
    private long _staleReads;
    private long _undeclaredStaleReads;
    private int _secondsBehind;

    public TrafficSecond Add(ClosedSecond second)
    {
        foreach (var outcome in second.Outcomes)
        {
            if (outcome.IntendedNs < _measuredFromNs)
            {
                _warmUpTotal++;
                _warmUpFailed += outcome.Ok ? 0 : 1;
            }
            else
            {
                Measure(outcome);
            }
        }

        var counted = second.Outcomes.Where(o => o.IntendedNs >= _measuredFromNs).ToList();
        long startNs = clock.OffsetOfSecond(second.Second);
        bool measured = startNs + 1_000_000_000 > _measuredFromNs;
        long behindNs = second.Outcomes.Max(o => o.BehindNs) ?? 0;
        bool behind = behindNs > _behindThresholdNs;
        _secondsBehind += behind && measured ? 1 : 0;

        // Few enough for exact quantiles.
        long[] response = [.. second.Outcomes.Where(o => o.SentNs is not null).Select(o => o.ResponseNs)];
        Array.Sort(response);
        int failed = second.Outcomes.Count(o => !o.Ok);
        return new TrafficSecond
        {
            At = DateTimeOffset.FromUnixTimeSeconds(second.Second),
            Phase = measured ? "measure" : "warmup",
            Sent = second.Outcomes.Count,
            Ok = second.Outcomes.Count - failed,
            Failed = failed,
            InFlight = second.InFlight,
            BehindMs = LatencyHistogram.Ms(behindNs)!.Value,
            Behind = behind,
            P50Ms = ExactMs(response, 0.50),
            P95Ms = ExactMs(response, 0.95),
            P99Ms = ExactMs(response, 0.99),
            Statuses = new SortedDictionary<string, int>(second.Outcomes.CountBy(o => o.Status).ToDictionary(), StringComparer.Ordinal),
            ByJourney = counted.GroupBy(o => o.Journey).OrderBy(g => g.Key).ToDictionary(g => TrafficMix.Name(g.Key), g => ByJourney([.. g])),
            ResponseBuckets = LatencyBuckets.Of(counted.Where(o => o.SentNs is not null).Select(o => o.ResponseNs)),
            ResponseMaxNs = counted.Where(o => o.SentNs is not null).Max(o => (long?)o.ResponseNs) ?? 0,
        };
    }

    public TrafficSummary Summarise(DateTimeOffset endedAt, double cpuPercent) => new()
    {
        RunId = runId,
        StartedAt = clock.StartedAt,
        EndedAt = endedAt,
        MeasuredFrom = clock.At(_measuredFromNs),
        Total = _total,
        Failed = _failed,
        FailedRatio = _total == 0 ? 0 : Math.Round((double)_failed / _total, 6),
        LatencyMs = _response.ToQuantiles(),
        ServiceMs = _service.ToQuantiles(),
        FirstFailureAt = At(_recovery.FirstFailureNs),
        LastFailureAt = At(_recovery.LastFailureNs),
        RecoveredAt = At(_recovery.RecoveredNs),
        BehindMs = LatencyHistogram.Ms(_behind.LargestNs)!.Value,
        BehindP99Ms = LatencyHistogram.Ms(_behind.QuantileNs(0.99)) ?? 0,
        SecondsBehind = _secondsBehind,
        ShedByGenerator = _statuses.GetValueOrDefault(OutcomeNames.Shed),
        StaleReads = _staleReads,
        UndeclaredStaleReads = _undeclaredStaleReads,
        Statuses = _statuses,
        ByJourney = _journeys.ToDictionary(j => TrafficMix.Name(j.Key), j => Summarise(j.Key, j.Value)),
        WarmUp = new WarmUpSummary(_warmUpTotal, _warmUpFailed),
        GeneratorCpuPercent = Math.Round(cpuPercent, 1),
    };

    private void Measure(in Outcome outcome)
    {
        if (!_journeys.TryGetValue(outcome.Journey, out var journey))
        {
            _journeys[outcome.Journey] = journey = new JourneyTally();
        }

        _total++;
        journey.Total++;
        if (!outcome.Ok)
        {
            _failed++;
            journey.Failed++;
        }

        _statuses[outcome.Status] = _statuses.GetValueOrDefault(outcome.Status) + 1;
        _staleReads += outcome.Stale == StaleRead.No ? 0 : 1;
        _undeclaredStaleReads += outcome.Stale == StaleRead.Undeclared ? 1 : 0;
        _recovery.Add(outcome.Journey, outcome.IntendedNs, outcome.Ok);

        // A request that was shed has no latency; calling it 0 or infinite would both be invented.
        if (outcome.SentNs is not null)
        {
            _response.Record(outcome.ResponseNs);
            journey.Response.Record(outcome.ResponseNs);
            _service.Record(outcome.ServiceNs!.Value);
            _behind.Record(outcome.BehindNs!.Value);
        }
    }

    /// <param name="outcomes">Of one second, in the order of their intended send times.</param>
    private JourneySecond ByJourney(IReadOnlyCollection<Outcome> outcomes)
    {
        var (sent, failed) = (0, 0);
        long? firstFailure = null, lastFailure = null, firstSuccess = null;
        foreach (var outcome in outcomes)
        {
            sent++;
            if (outcome.Ok)
            {
                firstSuccess ??= outcome.IntendedNs;
            }
            else
            {
                failed++;
                firstFailure ??= outcome.IntendedNs;
                (lastFailure, firstSuccess) = (outcome.IntendedNs, null);
            }
        }

        long[] response = [.. outcomes.Where(o => o.SentNs is not null).Select(o => o.ResponseNs)];
        return new JourneySecond(sent, failed, At(firstFailure), At(lastFailure), At(firstSuccess))
        {
            ResponseBuckets = LatencyBuckets.Of(response),
            ResponseMaxNs = response.DefaultIfEmpty().Max(),
        };
    }

    private JourneySummary Summarise(Journey journey, JourneyTally tally)
    {
        var (lastFailureNs, recoveredNs) = _recovery.Of(journey);
        return new JourneySummary(tally.Total, tally.Failed, tally.Response.ToQuantiles(), At(lastFailureNs), At(recoveredNs));
    }

    private DateTimeOffset? At(long? offsetNs) => offsetNs is long ns ? clock.At(ns) : null;

    private static double? ExactMs(long[] sorted, double quantile) =>
        sorted.Length == 0 ? null : LatencyHistogram.Ms(sorted[Math.Max(1, (int)Math.Ceiling(quantile * sorted.Length)) - 1]);
}

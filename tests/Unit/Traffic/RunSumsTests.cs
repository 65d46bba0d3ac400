using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

/// <summary>The lines of a run against its summary: two ways to the same figures.</summary>
public sealed class RunSumsTests
{
    private static readonly TrafficOptions Options =
        new TrafficOptions { Target = new Uri("http://127.0.0.1:1"), Tokens = new Dictionary<string, string> { ["ada"] = "t" }, LedgerPath = "unused", WarmUp = TimeSpan.FromSeconds(1.5) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_seconds_of_a_run_give_its_summary_to_the_last_digit(int seed)
    {
        var clock = new RunClock(TimeProvider.System);
        var tally = new RunTally(Options, clock, "r");
        var random = new Random(seed);

        List<TrafficSecond> seconds = [.. Enumerable.Range(0, 12).Select(i => tally.Add(Second(i, clock, random)))];
        var summary = tally.Summarise(clock.At(12_000_000_000), 0);

        var nothing = new LatencyQuantiles(null, null, null, null);
        var again = RunSums.Recompute(summary with { Statuses = new Dictionary<string, long>(), ShedByGenerator = 0, ByJourney = summary.ByJourney.ToDictionary(j => j.Key, _ => new JourneySummary(0, 0, nothing, null, null)), Total = 0, Failed = 0, FailedRatio = 0, LatencyMs = new LatencyQuantiles(null, null, null, null), FirstFailureAt = null, LastFailureAt = null, RecoveredAt = null, SecondsBehind = 0 }, seconds);
        Assert.Equal(
            (summary.Total, summary.Failed, summary.FailedRatio, summary.LatencyMs, summary.FirstFailureAt, summary.LastFailureAt, summary.RecoveredAt, summary.SecondsBehind),
            (again.Total, again.Failed, again.FailedRatio, again.LatencyMs, again.FirstFailureAt, again.LastFailureAt, again.RecoveredAt, again.SecondsBehind));
        Assert.Equal(summary.ByJourney, again.ByJourney);
        Assert.Equal(summary.Statuses, again.Statuses);
        Assert.Equal(summary.ShedByGenerator, again.ShedByGenerator);
        Assert.Contains(summary.ByJourney.Values, j => j is { Failed: > 0, RecoveredAt: not null });
        Assert.True(summary.Failed > 0 && summary.RecoveredAt is not null);
    }

    [Fact]
    public void Lines_of_older_versions_leave_the_journeys_latencies_as_they_were_told()
    {
        var told = new JourneySummary(1, 0, new LatencyQuantiles(1, 2, 3, 4), null, null);
        var second = new TrafficSecond
        {
            At = DateTimeOffset.UnixEpoch, Phase = "measure", Sent = 7, Ok = 7, Failed = 0, InFlight = 0, BehindMs = 0, Behind = false, P50Ms = 1, P95Ms = 1, P99Ms = 1,
            Statuses = new Dictionary<string, int> { ["200"] = 7 }, ByJourney = new Dictionary<string, JourneySecond> { ["reads"] = new(7, 0, null, null, DateTimeOffset.UnixEpoch) },
        };

        var again = RunSums.Recompute(Summary() with { ByJourney = new Dictionary<string, JourneySummary> { ["reads"] = told }, Statuses = new Dictionary<string, long> { ["200"] = 5 } }, [second]);

        Assert.False(RunSums.TellJourneys([second]));
        Assert.Equal((7, told.LatencyMs, 5), (again.ByJourney["reads"].Total, again.ByJourney["reads"].LatencyMs, again.Statuses["200"]));
    }

    private static TrafficSummary Summary() => new RunTally(Options, new RunClock(TimeProvider.System), "r").Summarise(DateTimeOffset.UnixEpoch, 0);

    /// <summary>Writes fail in the seconds 4 to 6; some requests were shed.</summary>
    private static ClosedSecond Second(int index, RunClock clock, Random random)
    {
        long unix = clock.SecondOf(0) + index;
        long start = Math.Max(0, clock.OffsetOfSecond(unix));
        long step = (clock.OffsetOfSecond(unix + 1) - start) / 41;
        List<Outcome> outcomes = [.. Enumerable.Range(0, 40).Select(n =>
        {
            long intended = start + (n * step);
            var journey = TrafficMix.All[random.Next(4)];
            bool ok = index is < 4 or > 6 || journey is Journey.Reads;
            long? sent = random.Next(50) == 0 ? null : intended + random.Next(1_000_000);
            return new Outcome(intended, journey, ok ? "200" : "503", ok && sent is not null, sent, intended + random.Next(1, 2_000_000_000));
        })];
        return new ClosedSecond(unix, outcomes, 0);
    }
}

using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

/// <summary>The lines of a run against its summary: two ways to the same figures.</summary>
public sealed class RunSumsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_seconds_of_a_run_give_its_summary_to_the_last_digit(int seed)
    {
        var options = new TrafficOptions { Target = new Uri("http://127.0.0.1:1"), Tokens = new Dictionary<string, string> { ["ada"] = "t" }, LedgerPath = "unused", WarmUp = TimeSpan.FromSeconds(1.5) };
        var clock = new RunClock(TimeProvider.System);
        var tally = new RunTally(options, clock, "r");
        var random = new Random(seed);

        List<TrafficSecond> seconds = [.. Enumerable.Range(0, 12).Select(i => tally.Add(Second(i, clock, random)))];
        var summary = tally.Summarise(clock.At(12_000_000_000), 0);

        var again = RunSums.Recompute(summary with { Total = 0, Failed = 0, FailedRatio = 0, LatencyMs = new LatencyQuantiles(null, null, null, null), FirstFailureAt = null, LastFailureAt = null, RecoveredAt = null, SecondsBehind = 0, ByJourney = Forgotten(summary) }, seconds);
        Assert.Equal(
            (summary.Total, summary.Failed, summary.FailedRatio, summary.LatencyMs, summary.FirstFailureAt, summary.LastFailureAt, summary.RecoveredAt, summary.SecondsBehind),
            (again.Total, again.Failed, again.FailedRatio, again.LatencyMs, again.FirstFailureAt, again.LastFailureAt, again.RecoveredAt, again.SecondsBehind));
        Assert.Equal(summary.ByJourney.Select(j => (j.Key, j.Value.Total, j.Value.Failed)), again.ByJourney.Select(j => (j.Key, j.Value.Total, j.Value.Failed)));
        Assert.Equal(summary.ByJourney.Select(j => (j.Key, j.Value.LatencyMs)), again.ByJourney.Select(j => (j.Key, j.Value.LatencyMs)));
        Assert.True(summary.Failed > 0 && summary.RecoveredAt is not null);
    }

    [Fact]
    public void Lines_of_an_older_run_that_do_not_tell_latencies_by_journey_leave_the_summarys()
    {
        var clock = new RunClock(TimeProvider.System);
        var tally = new RunTally(new TrafficOptions { Target = new Uri("http://127.0.0.1:1"), Tokens = new Dictionary<string, string> { ["ada"] = "t" }, LedgerPath = "unused", WarmUp = TimeSpan.Zero }, clock, "r");
        var second = tally.Add(Second(1, clock, new Random(1)));
        var summary = tally.Summarise(clock.At(2_000_000_000), 0);

        var older = second with { ByJourney = second.ByJourney.ToDictionary(j => j.Key, j => j.Value with { ResponseBuckets = null, ResponseMaxNs = 0 }) };

        Assert.NotEmpty(summary.ByJourney);
        Assert.Equal(summary.ByJourney.Select(j => j.Value.LatencyMs), RunSums.Recompute(summary, [older]).ByJourney.Select(j => j.Value.LatencyMs));
    }

    private static Dictionary<string, JourneySummary> Forgotten(TrafficSummary summary) =>
        summary.ByJourney.ToDictionary(j => j.Key, j => j.Value with { Total = 0, Failed = 0, LatencyMs = new LatencyQuantiles(null, null, null, null) });

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

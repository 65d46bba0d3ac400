using Back2Code.Lab.Traffic;

namespace Back2Code.UnitTests.Traffic;

public sealed class ArrivalScheduleTests
{
    [Fact]
    public void The_same_seed_gives_the_same_schedule_and_another_seed_another()
    {
        var first = Take(1_000, Options());
        var again = Take(1_000, Options());
        var other = Take(1_000, Options() with { Seed = 8 });

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Constant_gaps_do_not_drift()
    {
        var arrivals = Take(300_001, Options() with { Arrivals = ArrivalPattern.Constant, Rate = 300 });

        Assert.Equal(1_000_000_000_000, arrivals[^1].IntendedNs);
    }

    [Fact]
    public void Poisson_gaps_have_the_mean_and_the_spread_of_independent_users()
    {
        double[] gaps = [.. Gaps(Take(100_000, Options() with { Rate = 120 }))];

        double mean = gaps.Average();
        double deviation = Math.Sqrt(gaps.Average(g => (g - mean) * (g - mean)));
        Assert.InRange(mean * 120, 0.98, 1.02);
        Assert.InRange(deviation / mean, 0.98, 1.02);
    }

    [Fact]
    public void Journeys_and_users_come_in_their_shares()
    {
        var arrivals = Take(100_000, Options() with { Mix = TrafficMix.Parse("reads=60,creates=30,deletes=10") });

        Assert.InRange(arrivals.Count(a => a.Journey == Journey.Reads), 59_000, 61_000);
        Assert.InRange(arrivals.Count(a => a.Journey == Journey.Deletes), 9_500, 10_500);
        Assert.DoesNotContain(arrivals, a => a.Journey is Journey.Lists or Journey.Replaces);
        Assert.InRange(arrivals.Count(a => a.User == 1), 49_000, 51_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("reads=0")]
    [InlineData("reads")]
    [InlineData("reads=-1")]
    [InlineData("reads=1e9")]
    [InlineData("writes=1")]
    public void A_wrong_mix_is_refused(string text) => Assert.Throws<FormatException>(() => TrafficMix.Parse(text));

    [Fact]
    public void A_mix_reads_what_it_writes() => Assert.Equal("reads=1.5,lists=0,creates=20,replaces=0,deletes=0", TrafficMix.Parse("creates=20, reads=1.5").ToString());

    [Fact]
    public void Every_wrong_option_is_named_at_once()
    {
        var wrong = Options() with
        {
            Target = new Uri("ftp://example.test"),
            Tokens = new Dictionary<string, string>(),
            Rate = double.NaN,
            Duration = TimeSpan.Zero,
            WarmUp = TimeSpan.FromSeconds(-1),
            Timeout = TimeSpan.Zero,
            MaxInFlight = 0,
            NotesPerUser = 0,
        };

        Assert.Equal(8, wrong.Errors().Count());
        Assert.Empty(Options().Errors());
    }

    private static TrafficOptions Options() => new()
    {
        Target = new Uri("http://127.0.0.1:1"),
        Tokens = new Dictionary<string, string> { ["ada"] = "a", ["bob"] = "b" },
        LedgerPath = "ledger.jsonl",
        Seed = 7,
    };

    private static List<Arrival> Take(int count, TrafficOptions options)
    {
        var schedule = new ArrivalSchedule(options);
        return [.. Enumerable.Range(0, count).Select(_ => schedule.Next())];
    }

    private static IEnumerable<double> Gaps(List<Arrival> arrivals) => arrivals.Zip(arrivals.Skip(1), (a, b) => (b.IntendedNs - a.IntendedNs) / 1e9);
}

using Back2Code.Lab.Drills;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillCatalogueTests
{
    private static readonly DrillCatalogue Shipped = new(Path.Combine(Repository.Root, "drills"));

    [Fact]
    public void Every_drill_that_is_shipped_is_valid()
    {
        string[] expected = ["broker-outage", "no-fault", "postgres-crash", "redis-outage", "replica-kill", "slow-database"];

        Assert.Subset(Shipped.Names.ToHashSet(), expected.ToHashSet());
        Assert.All(Shipped.Names, name => Assert.Equal(name, Shipped.Load(name).Name));
    }

    [Fact]
    public void Every_drill_that_is_shipped_ends_within_its_time()
    {
        // Warm-up, the drill itself and the 20 s that the ledger may take at most, as promised: under 75 s after start-up.
        Assert.All(Shipped.Names.Select(Shipped.Load), drill => Assert.True(drill.Traffic.Warmup + drill.Duration + TimeSpan.FromSeconds(20) < TimeSpan.FromSeconds(75), drill.Name));
    }

    [Fact]
    public void Every_drill_that_users_notice_has_bounds_on_detection_and_recovery() =>
        Assert.All(Shipped.Names.Select(Shipped.Load).Where(d => d.UsersNotice), drill => Assert.True(drill.Objectives is { Mttd: not null, Mttr: not null, FailedRatio: not null }, drill.Name));

    [Theory]
    [InlineData("postgres-crush", "Did you mean postgres-crash?")]
    [InlineData("redis", "Did you mean redis-outage?")]
    [InlineData("zzz", "Known drills: broker-outage, no-fault,")]
    [InlineData("drills/none.yaml", "There is no drill file drills/none.yaml")]
    public void An_unknown_drill_is_told_with_what_there_is(string name, string words)
    {
        var error = Assert.Throws<UnknownDrillException>(() => Shipped.Load(name));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mtd", "mttd")]
    [InlineData("Objectives", "objectives")]
    [InlineData("xyz", null)]
    public void A_close_match_differs_in_at_most_a_third(string typed, string? match) =>
        Assert.Equal(match, CloseMatch.Of(typed, ["mttd", "mttr", "objectives"]));
}

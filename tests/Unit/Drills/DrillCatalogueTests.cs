using Back2Code.Lab.Drills;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillCatalogueTests
{
    private static readonly DrillCatalogue Shipped = new(Path.Combine(Repository.Root, "drills"));

    [Fact]
    public void Every_drill_that_is_shipped_is_valid()
    {
        string[] expected =
        [
            // One for each row of the failure contract, but those of releases and of intake.
            "redis-outage", "postgres-crash", "slow-database", "broker-outage", "replica-kill", "frozen-replica", "identity-outage",

            // What an engineer is to have met once.
            "breaker-did-not-open", "connection-pool-exhaustion", "deploy-rollback", "retry-storm", "cache-stampede", "poison-message", "lock-contention", "disk-full", "clock-skew",
            "certificate-expiry", "gray-failure", "thundering-reconnect", "noisy-neighbour", "no-fault", "two-faults-at-once",

            // Of the alerts themselves.
            "alert-storm", "blind-monitoring", "flapping", "slow-burn",
        ];

        Assert.Subset(Shipped.Names.ToHashSet(), expected.ToHashSet());
        Assert.All(Shipped.Names, name => Assert.Equal(name, Shipped.Load(name).Name));
    }

    [Fact]
    public void Every_drill_that_is_shipped_ends_within_its_time()
    {
        // Warm-up, the drill itself and the 20 s that the ledger may take at most, as promised: under 75 s after start-up.
        // Not slow-burn: a minute of ticket window, of which half has to pass, and few writes to read back. Not certificate-expiry and poison-message: a health
        // check must be critical in three looks, and for the first monitoring is restarted before and after. Not retry-storm: its clients stay long after the trouble, to show that it does not.
        // Not secret-rotated: both replicas are restarted one after the other, before it and after. Not identity-outage: it is to last a minute.
        Assert.All(Shipped.Names.Except(["slow-burn", "certificate-expiry", "poison-message", "retry-storm", "secret-rotated", "identity-outage"]).Select(Shipped.Load), drill => Assert.True(drill.Traffic.Warmup + drill.Duration + TimeSpan.FromSeconds(20) < TimeSpan.FromSeconds(75), drill.Name));
        Assert.True(Shipped.Names.Count >= 30, "a library of at least thirty");
        Assert.True(Shipped.Load("slow-burn").Duration <= TimeSpan.FromSeconds(65));
    }

    /// <summary>The failure contract: with PostgreSQL down or slow, no request hangs, and where it is only slow what comes from the cache keeps its latency.</summary>
    [Fact]
    public void Drills_of_the_failure_contract_bound_how_long_a_request_may_take()
    {
        Assert.All(["postgres-crash", "slow-database"], name => Assert.True(Shipped.Load(name).Objectives.P99 <= TimeSpan.FromSeconds(2), name));
        Assert.Contains(Shipped.Load("slow-database").Objectives.Latency, l => l is { Journey: "reads", P99.TotalMilliseconds: <= 250 });
    }

    [Theory]
    [InlineData("redis-outage")]
    [InlineData("redis-hangs")]
    [InlineData("redis-flush")]
    [InlineData("broker-outage")]
    [InlineData("identity-outage")]
    public void Where_the_failure_contract_says_that_no_request_fails_none_may_be_slow_either(string name) =>
        Assert.True(Shipped.Load(name).Objectives is { FailedRatio: 0, P99.TotalSeconds: <= 1 });

    [Theory]
    [InlineData("postgres-crash", "reads", 1)]
    [InlineData("postgres-crash", "creates", 2)]
    [InlineData("postgres-crash", "replaces", 2)]
    [InlineData("slow-database", "creates", 2)]
    [InlineData("connection-pool-exhaustion", "reads", 1)]
    [InlineData("broker-outage", "creates", 1)]
    [InlineData("broker-outage", "replaces", 1)]
    public void Drills_of_the_failure_contract_bound_the_journeys_that_it_names(string name, string journey, int seconds) =>
        Assert.Contains(Shipped.Load(name).Objectives.Latency, l => l.Journey == journey && l.P99 <= TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Nothing_may_be_said_where_nothing_is_broken() => Assert.True(Shipped.Load("no-fault") is { ExpectsSilence: true, ExpectedAlert: null, Faults.Count: 0 });

    [Fact]
    public void Every_drill_that_users_notice_has_bounds_on_detection_and_recovery() =>
        Assert.All(Shipped.Names.Select(Shipped.Load).Where(d => d.UsersNotice), drill => Assert.True(drill.Objectives is { Mttd: not null, Mttr: not null } and ({ Budget: not null } or { FailedRatio: not null }), drill.Name));

    [Fact]
    public void Every_drill_that_is_shipped_says_what_it_teaches()
    {
        string[] modules = ["foundations", "data", "messaging", "edge", "observability", "resilience", "host"];

        Assert.All(Shipped.Names.Select(Shipped.Load), drill =>
        {
            Assert.Contains(drill.Module, modules);
            Assert.True(drill is { Learn.Length: > 40, Prevent.Length: > 40 }, drill.Name);
        });
    }

    [Fact]
    public void Every_drill_that_is_shipped_leads_to_a_heading_of_a_runbook() =>
        Assert.All(Shipped.Names.Select(Shipped.Load), drill =>
        {
            string[] parts = drill.Runbook!.Split('#');
            var headings = File.ReadLines(Path.Combine(Repository.Root, "docs", "runbooks", parts[0]))
                .Where(line => line.StartsWith('#')).Select(line => line.TrimStart('#').Trim().ToLowerInvariant().Replace(' ', '-'));
            Assert.Contains(parts[1], headings);
        });

    [Theory]
    [InlineData("postgres-crush", "Did you mean postgres-crash?")]
    [InlineData("redis-out", "Did you mean redis-outage?")]
    [InlineData("zzz", "Known drills: alert-storm, audit-tampering,")]
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

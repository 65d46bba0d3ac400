using Back2Code.Lab.Drills;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Traffic;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.GameDays;

public sealed class GameDayScoreTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Seen_said_and_mended_within_the_first_minutes_is_all_there_is_to_get()
    {
        var record = Played(hurtFor: 100, Act(20, OperatorActKind.Acknowledge), Diagnosis(50, "postgres", "it was killed"), Act(100, OperatorActKind.Mitigate));

        var score = GameDayScore.Of(record);

        Assert.Equal(100, score.Points);
        Assert.Empty(score.Deductions);
    }

    [Fact]
    public void Nothing_done_leaves_what_the_platform_did_by_itself()
    {
        var lines = Assert.Single(GameDayScore.Of(Played(hurtFor: 8)).Rounds).Lines;

        Assert.Equal(
            [("detect", 0), ("acknowledge", 0), ("right component", 0), ("right cause", 0), ("diagnose", 0), ("mitigate", 20), ("budget", 10)],
            lines.Select(l => (l.Name, l.Points)));
    }

    [Theory]
    [InlineData(60, 15)]
    [InlineData(180, 8)]
    [InlineData(300, 0)]
    [InlineData(400, 0)]
    public void Points_for_a_time_fall_in_a_straight_line(int seconds, int points)
    {
        var record = Played(hurtFor: 10, Act(seconds, OperatorActKind.Acknowledge));

        Assert.Equal(points, GameDayScore.Of(record).Rounds[0].Lines.Single(l => l.Name == "detect").Points);
    }

    [Theory]
    [InlineData("notes-1", "killed", 0, 0, 0)]
    [InlineData("Postgres", "no idea", 15, 0, 15)]
    [InlineData("postgres", "CRASHED, I think", 15, 15, 15)]
    public void The_component_counts_before_the_cause_and_the_time_of_a_wrong_diagnosis_counts_for_nothing(string component, string cause, int forComponent, int forCause, int forTime)
    {
        var lines = GameDayScore.Of(Played(hurtFor: 10, Diagnosis(30, component, cause))).Rounds[0].Lines.ToDictionary(l => l.Name, l => l.Points);

        Assert.Equal((forComponent, forCause, forTime), (lines["right component"], lines["right cause"], lines["diagnose"]));
    }

    [Fact]
    public void The_last_diagnosis_counts_and_the_wrong_ones_before_it_cost()
    {
        var lines = GameDayScore.Of(Played(hurtFor: 10, Diagnosis(30, "redis", "down"), Diagnosis(40, "notes-1", "hung"), Diagnosis(50, "postgres", "killed"))).Rounds[0].Lines;

        Assert.Equal(-6, lines.Single(l => l.Name == "wrong diagnoses").Points);
        Assert.Equal(15, lines.Single(l => l.Name == "right cause").Points);
    }

    [Fact]
    public void Users_who_are_hurt_to_the_end_were_not_helped_whatever_was_said()
    {
        var record = Played(hurtFor: 600, Act(100, OperatorActKind.Mitigate));

        var lines = GameDayScore.Of(record).Rounds[0].Lines;

        Assert.Equal("never", lines.Single(l => l.Name == "mitigate").Why);
        Assert.True(lines.Single(l => l.Name == "budget").Points < 10);
    }

    [Fact]
    public void Slow_answers_hurt_users_like_failed_ones()
    {
        var record = Played(hurtFor: 0);
        record.Seconds = [.. record.Seconds.Select(s => s.At < Noon.AddSeconds(400) ? s with { P95Ms = 700 } : s)];

        Assert.Equal("400.0 s", GameDayScore.Of(record).Rounds[0].Lines.Single(l => l.Name == "mitigate").Why);
    }

    [Fact]
    public void Where_users_notice_nothing_the_end_of_the_alert_is_the_end_of_the_trouble()
    {
        var record = Played(hurtFor: 0);
        var drill = record.Rounds[0].Drill with { UsersNotice = false };
        var alert = new DrillAlert { Name = drill.ExpectedAlert!, FiredAt = Noon.AddSeconds(2), ReceivedAt = Noon.AddSeconds(3), ResolvedAt = Noon.AddSeconds(90) };
        record.Rounds[0] = record.Rounds[0] with { Drill = drill, Alerts = [alert] };

        Assert.Equal("90.0 s", GameDayScore.Of(record).Rounds[0].Lines.Single(l => l.Name == "mitigate").Why);
    }

    [Theory]
    [InlineData(null, "never")]
    [InlineData(700, "never")]
    [InlineData(90, "90.0 s")]
    [InlineData(3, "10.0 s")]
    public void Where_users_are_shielded_it_is_mended_when_the_alert_is_over_and_users_are_well(int? resolvedAfter, string mitigated)
    {
        var record = Played(hurtFor: 10);
        var drill = record.Rounds[0].Drill with { UsersNotice = false };
        var alert = new DrillAlert { Name = drill.ExpectedAlert!, FiredAt = Noon.AddSeconds(2), ReceivedAt = Noon.AddSeconds(3), ResolvedAt = resolvedAfter is { } s ? Noon.AddSeconds(s) : null };
        record.Rounds[0] = record.Rounds[0] with { Drill = drill, Alerts = [alert] };

        Assert.Equal(mitigated, GameDayScore.Of(record).Rounds[0].Lines.Single(l => l.Name == "mitigate").Why);
    }

    [Fact]
    public void Hints_false_alarms_collateral_damage_and_lost_writes_cost()
    {
        var record = Played(hurtFor: 100, Act(-20, OperatorActKind.Acknowledge), Act(20, OperatorActKind.Acknowledge), Act(30, OperatorActKind.Hint), Diagnosis(50, "postgres", "killed"));
        record.Collateral.Add("1 servers are still taken out at the gateway");
        record.Ledger = new LedgerVerdict { Acknowledged = 10, Verified = 9, Lost = 1, Duplicated = 0, Stale = 0, Unreadable = 0, LedgerComplete = true, Seconds = 1, Details = [] };

        var score = GameDayScore.Of(record);

        Assert.Equal([("false alarms", -3), ("collateral damage", -5), ("ledger", -20)], score.Deductions.Select(d => (d.Name, d.Points)));
        Assert.Equal(100 - 5 - 3 - 5 - 20, score.Points);
    }

    [Theory]
    [InlineData("restart", "notes-2", 100, true, 1)]
    [InlineData("drain", "notes-1", 100, true, 1)]
    [InlineData("restart", "notes-2", 100, false, 0)]
    [InlineData("restart", "postgres", 100, true, 0)]
    [InlineData("rollback", "postgres", -10, true, 1)]
    [InlineData("restart", "postgres", 700, true, 1)]
    public void A_control_used_on_a_part_that_was_well_is_collateral_damage(string kind, string target, int second, bool wasReady, int lines)
    {
        var record = Played(hurtFor: 100);
        record.Controls = [new OperatorControl(Noon.AddSeconds(second), kind, target, wasReady)];

        var deductions = GameDayScore.Of(record).Deductions;

        Assert.Equal(lines, deductions.Count(d => d is { Name: "collateral damage", Points: -5 } && d.Why.StartsWith($"{kind} of {target}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("notes-1", 0)]
    [InlineData("notes-2", 0)]
    [InlineData("postgres", 0)]
    [InlineData("notifications", 1)]
    public void Both_ends_of_a_broken_link_are_part_of_what_was_broken(string target, int lines)
    {
        var record = Played(hurtFor: 100);
        record.Rounds[0] = record.Rounds[0] with { Drill = record.Rounds[0].Drill with { Faults = [new DrillFault("link.latency", "notes-*-to-postgres", new Dictionary<string, string>(), TimeSpan.FromSeconds(9))] } };
        record.Controls = [new OperatorControl(Noon.AddSeconds(50), "restart", target, WasReady: true)];

        Assert.Equal(lines, GameDayScore.Of(record).Deductions.Count);
    }

    /// <summary>One round of ten minutes from noon on, in which users are hurt from its beginning for some seconds.</summary>
    private static GameDayRecord Played(int hurtFor, params OperatorAct[] acts)
    {
        var record = new GameDayRecord
        {
            Plan = GameDayPlan.Draw([GameDays.Hidden("a")], 1, 10, noise: false, seed: 1), Operator = "ada", Blind = true, StartedAt = Noon, AvailabilityObjective = 0.995m,
            Acts = acts,
            Seconds = [.. Enumerable.Range(-30, 660).Select(n => Second(n, hurt: n >= 0 && n < hurtFor))],
        };
        record.Rounds.Add(new PlayedRound { Drill = GameDays.Hidden("a"), Receipts = [], InjectedAt = Noon, EndedAt = Noon.AddSeconds(600) });
        return record;
    }

    private static OperatorAct Act(int second, OperatorActKind kind) => new(Noon.AddSeconds(second), kind, null, null, null);

    private static OperatorAct Diagnosis(int second, string component, string cause) => new(Noon.AddSeconds(second), OperatorActKind.Diagnose, component, cause, null);

    private static TrafficSecond Second(int n, bool hurt) => new()
    {
        At = Noon.AddSeconds(n), Phase = "measure", Sent = 100, Ok = hurt ? 20 : 100, Failed = hurt ? 80 : 0, InFlight = 0, BehindMs = 0, Behind = false,
        P50Ms = 3, P95Ms = 20, P99Ms = 40, Statuses = new Dictionary<string, int>(),
    };
}

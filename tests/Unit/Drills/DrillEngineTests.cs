using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Lab.Drills;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillEngineTests
{
    private readonly SimulatedTime clock = new();

    private FakePlatform Platform { get; }

    public DrillEngineTests() => Platform = new FakePlatform(clock);

    [Fact]
    public async Task A_drill_that_reaches_everything_completes()
    {
        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Completed, 0, null), (record.Status, record.ExitCode, record.Reason));
        Assert.All(record.Objectives, o => Assert.True(o.Met, o.Name));
        Assert.Equal(["traffic", "inject", "undo", "stop", "verify"], Platform.Calls);
        Assert.Equal(
            [DrillPhase.WarmUp, DrillPhase.SteadyState, DrillPhase.Inject, DrillPhase.Detect, DrillPhase.Recover, DrillPhase.Verify],
            record.Phases.Select(p => p.Phase));
    }

    [Fact]
    public async Task Times_come_from_receipt_alert_and_traffic()
    {
        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(Platform.InjectedAt, record.InjectedAt);
        Assert.Equal(TimeSpan.FromSeconds(2.3), record.Mttd);
        Assert.Equal(record.Traffic!.RecoveredAt - record.InjectedAt, record.Mttr);
        Assert.InRange(record.Mttr!.Value.TotalSeconds, 6, 9);
    }

    [Fact]
    public async Task An_alert_that_comes_late_is_a_miss_that_the_reason_names()
    {
        Platform.FiresAfter = TimeSpan.FromSeconds(7);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Deviated, 1), (record.Status, record.ExitCode));
        Assert.Contains("mttd: 7.30 s, objective at most 5.00 s", record.Reason, StringComparison.Ordinal);
        Assert.Single(record.Objectives, o => !o.Met);
    }

    [Fact]
    public async Task An_alert_that_never_comes_is_a_miss_with_nothing_measured()
    {
        Platform.FiresAfter = null;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(1, record.ExitCode);
        Assert.Null(record.DetectedAt);
        Assert.Equal(["mttd", "alertMissing"], record.Objectives.Where(o => !o.Met).Select(o => o.Name));
    }

    [Fact]
    public async Task An_alert_that_never_goes_is_a_miss()
    {
        Platform.ResolvesAfterUndo = null;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(["alertUnresolved"], record.Objectives.Where(o => !o.Met).Select(o => o.Name));
    }

    [Fact]
    public async Task Users_who_are_not_served_again_are_a_miss()
    {
        Platform.FailuresLastAfterUndo = TimeSpan.FromHours(1);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(1, record.ExitCode);
        Assert.Contains(record.Objectives, o => o is { Name: "mttr", Met: false });
    }

    [Fact]
    public async Task A_lost_write_is_a_miss()
    {
        Platform.Verdict = Platform.Verdict! with { Verified = 99, Lost = 1 };

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((1, "missed lost: 1, objective 0"), (record.ExitCode, record.Reason));
    }

    [Fact]
    public async Task A_ledger_without_verdict_is_no_proof()
    {
        Platform.Verdict = null;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(["lost", "duplicated", "stale"], record.Objectives.Where(o => !o.Met).Select(o => o.Name));
    }

    [Fact]
    public async Task Without_a_receipt_the_drill_is_invalid_and_the_fault_is_undone()
    {
        Platform.Observed = false;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Invalid, 4), (record.Status, record.ExitCode));
        Assert.Equal(["traffic", "inject", "undo", "stop"], Platform.Calls);
        Assert.Empty(record.Objectives);
        Assert.Equal(JournalStatus.Aborted, record.Journal!.Status);
    }

    [Fact]
    public async Task A_fault_that_cannot_be_injected_makes_the_drill_invalid()
    {
        Platform.InjectionError = "there is no process 'postgres'";

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(4, record.ExitCode);
        Assert.Contains("there is no process 'postgres'", record.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unready")]
    [InlineData("firing")]
    public async Task Nothing_is_injected_into_a_platform_that_is_not_well(string what)
    {
        Platform.Unready = what == "unready" ? ["redis (backoff)"] : [];
        Platform.FiringBefore = what == "firing" ? ["TargetDown"] : [];

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Failed, 3), (record.Status, record.ExitCode));
        Assert.DoesNotContain("inject", Platform.Calls);
        Assert.Null(record.InjectedAt);
        Assert.Contains(what == "unready" ? "redis (backoff)" : "TargetDown", record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hypothesis_that_does_not_hold_stops_the_drill_before_the_fault()
    {
        var record = await RunAsync(UsersNoticeIt("""
            steady-state-hypothesis:
              title: the disk answers
              probes: [{type: probe, name: disk, tolerance: 0, provider: {type: process, path: "${absent}"}}]
            """));

        Assert.Equal(3, record.ExitCode);
        Assert.False(record.Journal!.Before!.Met);
        Assert.Contains("probe 'disk' failed", record.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("inject", Platform.Calls);
    }

    [Fact]
    public async Task A_fault_that_cannot_be_undone_is_told_with_its_undo_record()
    {
        Platform.UndoFailures = int.MaxValue;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Failed, 5), (record.Status, record.ExitCode));
        Assert.Contains("faults/f1.json", record.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Undoing_is_tried_again_until_it_works()
    {
        Platform.UndoFailures = 5;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(0, record.ExitCode);
        Assert.Contains("undo", Platform.Calls);
    }

    [Fact]
    public async Task Traffic_that_dies_makes_the_drill_invalid()
    {
        Platform.TrafficDies = _ => Platform.InjectedAt is not null && clock.GetUtcNow() > Platform.InjectedAt.Value.AddSeconds(4);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(4, record.ExitCode);
        Assert.Contains("the traffic generator ended: out of memory", record.Reason, StringComparison.Ordinal);
        Assert.Contains("undo", Platform.Calls);
    }

    [Theory]
    [InlineData(DrillPhase.WarmUp)]
    [InlineData(DrillPhase.SteadyState)]
    [InlineData(DrillPhase.Inject)]
    [InlineData(DrillPhase.Detect)]
    [InlineData(DrillPhase.Recover)]
    [InlineData(DrillPhase.Verify)]
    public async Task An_interrupt_in_any_phase_undoes_rolls_back_and_stops_traffic(DrillPhase phase)
    {
        // Its program does not exist, so it fails at once, without a wait that is not a timer.
        var drill = UsersNoticeIt("rollbacks: [{type: action, name: put-back, provider: {type: process, path: '${absent}'}}]");

        var record = await RunAsync(drill, interruptIn: phase);

        Assert.Equal("put-back", Assert.Single(record.Journal!.Rollbacks).Name);
        Assert.Equal(Platform.Calls.Contains("inject"), Platform.Calls.Contains("undo"));
        Assert.True(Platform.Traffic!.Stopped);
        Assert.NotNull(record.Traffic);
    }

    [Fact]
    public async Task An_interrupted_drill_says_so()
    {
        var record = await RunAsync(UsersNoticeIt(), interruptIn: DrillPhase.Recover);

        Assert.Equal((DrillStatus.Interrupted, 130), (record.Status, record.ExitCode));
        Assert.Equal(JournalStatus.Interrupted, record.Journal!.Status);
        Assert.Contains("undo", Platform.Calls);
        Assert.Empty(record.Objectives);
    }

    [Fact]
    public async Task Where_users_notice_nothing_there_is_a_signal_but_neither_mttd_nor_mttr()
    {
        (Platform.UsersFail, Platform.Alert) = (false, "RedisUnavailable");

        var record = await RunAsync(UsersNoticeNothing());

        Assert.Null(record.Mttd);
        Assert.Null(record.Mttr);
        Assert.NotNull(record.DetectedAt);
        Assert.Contains(record.Objectives, o => o is { Name: "signal", Met: true });
    }

    [Fact]
    public async Task Where_users_notice_nothing_an_alert_on_their_slo_is_a_miss_even_if_allowed()
    {
        (Platform.UsersFail, Platform.Alert) = (false, "RedisUnavailable");
        var drill = UsersNoticeNothing();
        drill = drill with { Objectives = drill.Objectives with { AlertsAllowed = ["NotesLatencyFastBurn"] } };
        OtherAlertAt(TimeSpan.FromSeconds(14), "NotesLatencyFastBurn", slo: "notes-latency");

        var record = await RunAsync(drill);

        Assert.Contains(record.Objectives, o => o is { Name: "usersSloAlerts", Met: false, Detail: "NotesLatencyFastBurn" or "RedisUnavailable, NotesLatencyFastBurn" or "NotesLatencyFastBurn, RedisUnavailable" });
        Assert.DoesNotContain(record.Objectives, o => o is { Name: "unexpectedAlerts", Met: false });
    }

    [Fact]
    public async Task An_alert_that_nobody_expected_is_a_miss()
    {
        OtherAlertAt(TimeSpan.FromSeconds(14), "TargetDown", slo: null);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Contains(record.Objectives, o => o is { Name: "unexpectedAlerts", Measured: 1, Met: false, Detail: "TargetDown" });
    }

    [Fact]
    public async Task Without_a_fault_the_whole_time_is_watched()
    {
        var drill = UsersNoticeNothing() with { Faults = [], ExpectedAlert = null, Duration = TimeSpan.FromMinutes(10) };

        var record = await RunAsync(drill with { Objectives = drill.Objectives with { Signal = null } });

        Assert.Equal((DrillStatus.Completed, 0), (record.Status, record.ExitCode));
        Assert.Null(record.InjectedAt);
        Assert.True(record.EndedAt - record.StartedAt > TimeSpan.FromMinutes(10));
        Assert.Empty(record.Receipts);
    }

    [Fact]
    public async Task The_fault_stands_in_the_journal_as_an_action()
    {
        var record = await RunAsync(UsersNoticeIt());

        var run = record.Journal!.ToJson(clock.GetUtcNow())["run"]!.AsArray();
        Assert.Equal("back2code", run[0]!["activity"]!["provider"]!["type"]!.GetValue<string>());
        Assert.Equal("succeeded", run[0]!["status"]!.GetValue<string>());
        Assert.Equal("pid 4711 was gone", run[0]!["output"]!["observations"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task What_was_left_behind_is_undone_first_and_told()
    {
        var record = await RunAsync(UsersNoticeIt());

        Assert.Contains(record.Notes, note => note.Contains("link.latency on x: removed", StringComparison.Ordinal));
    }

    private void OtherAlertAt(TimeSpan after, string name, string? slo) => Platform.OtherAlerts.Add(new DrillAlert
    {
        Name = name,
        Labels = slo is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["slo"] = slo },
        FiredAt = clock.GetUtcNow() + after,
        ReceivedAt = clock.GetUtcNow() + after,
        ResolvedAt = clock.GetUtcNow() + after + TimeSpan.FromSeconds(1),
    });

    private async Task<DrillRecord> RunAsync(Drill drill, DrillPhase? interruptIn = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var record = new DrillRecord { Drill = drill, StartedAt = clock.GetUtcNow() };
        var sink = new Sink(value =>
        {
            if (value.Phase == interruptIn)
            {
                stop.Cancel();
            }
        });
        await using var engine = new DrillEngine(Platform, record, new Phases(record, clock, sink), new DrillTimes(), "ledger.jsonl", clock);

        await clock.PlayAsync(engine.RunAsync(stop.Token));
        return record;
    }

    private static Drill UsersNoticeIt(string? more = null) => new()
    {
        Name = "test",
        File = "test.yaml",
        Experiment = Experiment(more),
        Traffic = new DrillTraffic(120, TimeSpan.FromSeconds(8), 2, null),
        Faults = [new DrillFault("process.kill", "postgres", new Dictionary<string, string> { ["downFor"] = "6s" }, null)],
        ExpectedAlert = "NotesAvailabilityFastBurn",
        UsersNotice = true,
        Duration = TimeSpan.FromSeconds(30),
        Objectives = new DrillObjectives { Mttd = TimeSpan.FromSeconds(5), Mttr = TimeSpan.FromSeconds(15), FailedRatio = 0.2m },
    };

    private static Drill UsersNoticeNothing() => UsersNoticeIt() with
    {
        ExpectedAlert = "RedisUnavailable",
        UsersNotice = false,
        Objectives = new DrillObjectives { Signal = TimeSpan.FromSeconds(5), FailedRatio = 0 },
    };

    private static Experiment Experiment(string? more)
    {
        var report = new DocumentReport("test.yaml");
        var experiment = new ExperimentReader(report).Read(YamlDocument.Parse($"title: t\ndescription: d\nmethod: []\n{more}\n"));
        Assert.Empty(report.Errors);
        return experiment!;
    }

    private sealed class Sink(Action<DrillProgress> report) : IProgress<DrillProgress>
    {
        public void Report(DrillProgress value) => report(value);
    }
}

using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic.Verification;

namespace Back2Code.UnitTests.Drills;

public sealed class DrillEngineTests
{
    private static readonly Finding Silent = new("unreadable", "ada", null, 1, "The note could not be read by the deadline (timeout).");

    private readonly SimulatedTime _clock = new();

    private FakePlatform Platform { get; }

    public DrillEngineTests() => Platform = new FakePlatform(_clock);

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

    [Theory]
    [InlineData(0.01, true)]
    [InlineData(0.000001, false)]
    public async Task The_share_of_the_error_budget_that_may_burn_is_bounded(double bound, bool met)
    {
        var drill = UsersNoticeIt();

        var record = await RunAsync(drill with { Objectives = drill.Objectives with { Budget = (decimal)bound } });

        var objective = Assert.Single(record.Objectives, o => o.Name == "budget");
        Assert.Equal((met, record.Budget!.BurntRatio), (objective.Met, objective.Measured!.Value));
        Assert.Equal(met ? 0 : 1, record.ExitCode);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(300, false)]
    [InlineData(null, false)]
    public async Task The_latency_of_one_journey_is_bounded(int? p99Ms, bool met)
    {
        Platform.ReadsP99Ms = p99Ms;
        var drill = UsersNoticeIt();

        var record = await RunAsync(drill with { Objectives = drill.Objectives with { Latency = [new JourneyLatency("reads", null, null, TimeSpan.FromMilliseconds(250))] } });

        var objective = Assert.Single(record.Objectives, o => o.Name == "reads p99");
        Assert.Equal((met, (double?)p99Ms, met ? 0 : 1), (objective.Met, objective.Measured, record.ExitCode));
    }

    [Fact]
    public async Task A_lost_write_is_a_miss()
    {
        Platform.Verdict = Platform.Verdict! with { Verified = 99, Lost = 1 };

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((1, "missed lost: 1, objective 0"), (record.ExitCode, record.Reason));
    }

    [Fact]
    public async Task The_ledger_is_asked_for_when_every_process_is_back()
    {
        Platform.BrokerTakes = TimeSpan.FromSeconds(50);

        var record = await RunAsync(UsersNoticeIt());

        var verify = record.Phases.Single(p => p.Phase == DrillPhase.Verify);
        Assert.NotNull(record.Ledger);
        Assert.True(verify.EndedAt - record.InjectedAt >= TimeSpan.FromSeconds(50), verify.Outcome);
    }

    [Fact]
    public async Task With_a_process_that_does_not_come_back_nothing_is_called_lost()
    {
        Platform.BrokerTakes = TimeSpan.FromHours(1);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Failed, 5), (record.Status, record.ExitCode));
        Assert.Null(record.Ledger);
        Assert.Contains("not ready: rabbitmq (starting)", record.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("verify", Platform.Calls);
    }

    [Fact]
    public async Task A_ledger_without_verdict_makes_the_drill_invalid()
    {
        Platform.Verdict = null;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Invalid, 4), (record.Status, record.ExitCode));
        Assert.Contains("no ledger", record.Reason, StringComparison.Ordinal);
        Assert.Empty(record.Objectives);
    }

    [Fact]
    public async Task Writes_that_could_not_be_read_make_the_drill_invalid_and_are_not_lost()
    {
        Platform.Verdict = Platform.Verdict! with { Verified = 93, Unreadable = 7, Details = [Silent] };

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Invalid, 4), (record.Status, record.ExitCode));
        Assert.Contains("7 findings", record.Reason, StringComparison.Ordinal);
        Assert.Equal((0, 7), (record.Ledger!.Lost, record.Ledger.Unreadable));
        Assert.Contains("7 unreadable", record.Phases.Single(p => p.Phase == DrillPhase.Verify).Outcome, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_is_lost_for_certain_is_a_miss_whatever_could_not_be_read()
    {
        Platform.Verdict = Platform.Verdict! with { Verified = 90, Lost = 1, Unreadable = 9, Details = [Silent] };

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal((DrillStatus.Deviated, 1), (record.Status, record.ExitCode));
        Assert.Equal(1, record.Objectives.Single(o => o.Name == "lost").Measured);
        Assert.Null(record.Objectives.Single(o => o.Name == "stale").Measured);
    }

    [Fact]
    public async Task A_platform_that_did_not_come_back_does_not_pass_for_having_lost_nothing()
    {
        Platform.Verdict = Platform.Verdict! with { Verified = 0, Unreadable = 100, Details = [Silent] };
        Platform.UndoFailures = int.MaxValue;

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(5, record.ExitCode);
        Assert.All(record.Objectives.Where(o => o.Name is "lost" or "duplicated" or "stale"), o => Assert.False(o.Met));
    }

    [Fact]
    public async Task A_full_disk_is_the_first_reason_that_is_told()
    {
        Platform.MachineTrouble = "the disk of the state folder /state is full (0 KiB are free)";
        Platform.FailuresLastAfterUndo = TimeSpan.FromHours(1);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(1, record.ExitCode);
        Assert.StartsWith("the disk of the state folder /state is full (0 KiB are free); missed ", record.Reason, StringComparison.Ordinal);
        Assert.Single(record.Notes, n => n.Contains("UTC on, the disk of the state folder /state is full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_verification_says_how_far_it_is()
    {
        var told = new List<DrillProgress>();

        await RunAsync(UsersNoticeIt(), told: told);

        Assert.Contains(told, l => l is { Phase: DrillPhase.Verify, Done: false } && l.Text.StartsWith("40 of 100", StringComparison.Ordinal));
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
        Platform.TrafficDies = _ => Platform.InjectedAt is not null && _clock.GetUtcNow() > Platform.InjectedAt.Value.AddSeconds(4);

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
    public async Task Faults_come_when_they_are_due_and_a_repeated_one_comes_and_goes()
    {
        var record = await RunAsync(UsersNoticeIt() with
        {
            Duration = TimeSpan.FromSeconds(60),
            Faults =
            [
                Fault("process.kill", "6s"),
                Fault("process.freeze", "1s") with { After = TimeSpan.FromSeconds(3) },
                Fault("link.down", "2s") with { After = TimeSpan.FromSeconds(4), Repeat = new DrillRepeat(3, TimeSpan.FromSeconds(5)) },
            ],
        });

        Assert.DoesNotContain(record.Objectives, o => !o.Met && o.Name is not ("mttr" or "failedRatio"));
        Assert.Equal(
            [("process.kill", 0.0), ("process.freeze", 3), ("link.down", 4), ("link.down", 9), ("link.down", 14)],
            Platform.Injections.Select(i => (i.Type, (i.At - record.InjectedAt!.Value).TotalSeconds)));
        Assert.Equal(5, record.Receipts.Count);
        Assert.Equal(5, record.Undone.Count);
        Assert.Equal(TimeSpan.FromSeconds(16), record.FaultEndedAt - record.InjectedAt);
    }

    [Fact]
    public async Task A_later_fault_without_a_trace_makes_the_drill_invalid()
    {
        Platform.TracesLeft = 1;

        var record = await RunAsync(UsersNoticeIt() with { Faults = [Fault("process.kill", "2s") with { Repeat = new DrillRepeat(3, TimeSpan.FromSeconds(5)) }] });

        Assert.Equal((DrillStatus.Invalid, 4), (record.Status, record.ExitCode));
        Assert.Contains("process.kill on postgres, 3 times left no trace", record.Reason, StringComparison.Ordinal);
        Assert.Equal(2, Platform.Injections.Count);
        Assert.Equal(2, record.Undone.Count);
    }

    [Fact]
    public async Task After_an_interrupt_no_further_fault_comes()
    {
        var record = await RunAsync(UsersNoticeIt() with { Faults = [Fault("process.kill", "2s") with { Repeat = new DrillRepeat(5, TimeSpan.FromSeconds(4)) }] }, interruptIn: DrillPhase.Detect);

        Assert.Equal(130, record.ExitCode);
        Assert.Single(Platform.Injections);
        Assert.Single(record.Undone);
    }

    [Fact]
    public async Task Alerts_in_several_incidents_miss_the_objective_of_one()
    {
        OtherAlertAt(TimeSpan.FromSeconds(14), "TargetDown", slo: null, severity: "warning", incident: "i1");
        OtherAlertAt(TimeSpan.FromSeconds(15), "ReplicaDown", slo: null, severity: "critical", incident: "i2");
        OtherAlertAt(TimeSpan.FromSeconds(15), "OtherDown", slo: null, severity: "critical", incident: "i2");
        var drill = UsersNoticeIt();

        var record = await RunAsync(drill with { Objectives = drill.Objectives with { Incidents = 1, AlertsAllowed = ["*Down"] } });

        Assert.Contains(record.Objectives, o => o is { Name: "incidents", Measured: 2, Met: false });
        Assert.Contains(record.Objectives, o => o is { Name: "unexpectedAlerts", Met: true });
    }

    [Fact]
    public async Task Pages_are_the_messages_that_called_somebody_and_not_knowing_them_is_a_miss()
    {
        var drill = UsersNoticeIt() with { Objectives = UsersNoticeIt().Objectives with { Pages = 1 } };
        var sent = new DrillPage(DateTimeOffset.UnixEpoch, "Notes are down", ["NotesDown"]);

        var verdicts = new List<(double? Measured, bool Met)>();
        foreach (IReadOnlyList<DrillPage>? pages in (IReadOnlyList<DrillPage>?[])[[sent], [sent, sent], null])
        {
            Platform.Pages = pages;
            verdicts.Add((await RunAsync(drill)).Objectives.Where(o => o.Name == "pages").Select(o => (o.Measured, o.Met)).Single());
        }

        Assert.Equal([(1, true), (2, false), (null, false)], verdicts);
    }

    [Fact]
    public async Task A_forbidden_alert_is_a_miss_although_a_pattern_allows_it()
    {
        OtherAlertAt(TimeSpan.FromSeconds(14), "MonitoringBlind", slo: null);
        var drill = UsersNoticeIt();

        var record = await RunAsync(drill with { Objectives = drill.Objectives with { AlertsAllowed = ["*"], AlertsForbidden = ["Monitoring*"] } });

        Assert.Equal(["forbiddenAlerts"], record.Objectives.Where(o => !o.Met).Select(o => o.Name));
    }

    [Fact]
    public async Task Figures_that_prometheus_confirms_agree()
    {
        Platform.Prometheus = query => Expected(query);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal(["requests", "failedRequests", "requestsInGatewayLog", "acknowledgedWrites", "percentWithinP50", "percentWithinP95", "percentWithinP99"], record.Figures.Select(f => f.Name));
        Assert.All(record.Figures, f => Assert.True(f.Agrees, f.ToString()));
        Assert.DoesNotContain(record.Notes, note => note.Contains("not confirmed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Figures_that_differ_by_more_than_one_percent_are_named()
    {
        Platform.Prometheus = query => Expected(query) * (query.Contains("5xx", StringComparison.Ordinal) ? 1.02 : 1.005);

        var record = await RunAsync(UsersNoticeIt());

        Assert.Equal([true, false, true, true, true, true, true], record.Figures.Select(f => f.Agrees));
        Assert.Contains(record.Notes, note => note.Contains("not confirmed by Prometheus within 1 %: failedRequests", StringComparison.Ordinal));
        Assert.Equal(0, record.ExitCode);
    }

    [Fact]
    public async Task Figures_without_a_counterpart_are_not_taken_for_agreement()
    {
        var record = await RunAsync(UsersNoticeIt());

        Assert.All(record.Figures, f => Assert.Null(f.Agrees));
        Assert.Contains(record.Notes, note => note.Contains("not confirmed", StringComparison.Ordinal));
    }

    /// <summary>What a truthful Prometheus counted: everything the generator sent, and what it prepared before.</summary>
    private double? Expected(string query)
    {
        var seconds = Platform.Traffic!.Seconds;
        if (query.StartsWith("100 *", StringComparison.Ordinal))
        {
            // 3, 20 and 80 ms at 50, 95 and 99 %.
            return new[] { ("0.005", 55.0), ("0.01", 80), ("0.025", 96), ("0.05", 98), ("0.1", 99.5) }.First(edge => query.Contains($"\"{edge.Item1}(", StringComparison.Ordinal)).Item2;
        }

        return query.Contains("POST", StringComparison.Ordinal) ? 100
            : query.Contains("5xx", StringComparison.Ordinal) ? seconds.Sum(s => s.Failed)
            : seconds.Where(s => s.Phase == "measure").Sum(s => s.Sent) + 10 + 40;
    }

    [Fact]
    public async Task The_fault_stands_in_the_journal_as_an_action()
    {
        var record = await RunAsync(UsersNoticeIt());

        var run = record.Journal!.ToJson(_clock.GetUtcNow())["run"]!.AsArray();
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

    private static DrillFault Fault(string type, string downFor) => new(type, "postgres", new Dictionary<string, string> { ["downFor"] = downFor }, null);

    private void OtherAlertAt(TimeSpan after, string name, string? slo, string severity = "warning", string? incident = null) => Platform.OtherAlerts.Add(new DrillAlert
    {
        Name = name,
        Labels = slo is null ? new Dictionary<string, string> { ["severity"] = severity } : new Dictionary<string, string> { ["slo"] = slo, ["severity"] = severity },
        Incident = incident,
        IncidentId = incident,
        FiredAt = _clock.GetUtcNow() + after,
        ReceivedAt = _clock.GetUtcNow() + after,
        ResolvedAt = _clock.GetUtcNow() + after + TimeSpan.FromSeconds(1),
    });

    private async Task<DrillRecord> RunAsync(Drill drill, DrillPhase? interruptIn = null, List<DrillProgress>? told = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        return await PlayAsync(drill, Platform, _clock, stop.Token, value =>
        {
            told?.Add(value);
            if (value.Phase == interruptIn)
            {
                stop.Cancel();
            }
        });
    }

    /// <summary>Plays a drill to its end, with the real engine and judge.</summary>
    internal static async Task<DrillRecord> PlayAsync(Drill drill, FakePlatform platform, SimulatedTime clock, CancellationToken cancellationToken, Action<DrillProgress>? onProgress = null)
    {
        var record = new DrillRecord { Drill = drill, StartedAt = clock.GetUtcNow() };
        await using var engine = new DrillEngine(platform, record, new Phases(record, clock, new Sink(onProgress ?? (_ => { }))), new DrillTimes(), "ledger.jsonl", clock);

        await clock.PlayAsync(engine.RunAsync(cancellationToken));
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

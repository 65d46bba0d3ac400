using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills;

/// <summary>
/// Plays one drill on a running platform: warm up, steady state, inject, detect, recover, verify. However it ends, what was broken is undone,
/// rollbacks are played, traffic is stopped, and the record holds what is known.
/// </summary>
internal sealed partial class DrillEngine : IAsyncDisposable
{
    private readonly Drill drill;
    private readonly IDrillPlatform platform;
    private readonly DrillRecord record;
    private readonly Phases phases;
    private readonly TimeProvider clock;
    private readonly DrillTimes times;
    private readonly ActivityRunner activities;
    private readonly StandingFaults faults;
    private readonly TrafficOrder order;
    private ExperimentRun? run;
    private ITrafficRun? traffic;
    private DateTimeOffset? watchedFrom;
    private bool? rolledBackWell;

    public DrillEngine(IDrillPlatform platform, DrillRecord record, Phases phases, DrillTimes times, string ledgerFile, TimeProvider clock)
    {
        (this.platform, this.record, this.phases, this.times, this.clock) = (platform, record, phases, times, clock);
        drill = record.Drill;
        activities = new ActivityRunner(clock);
        faults = new StandingFaults(drill, platform, record, clock);

        // Users of their own for every run: the inboxes that are checked at the end hold this run's events only.
        var prefix = $"drill-{record.StartedAt.ToUnixTimeMilliseconds():x}";
        order = new TrafficOrder(
            drill.Traffic,
            times.SteadyStatePatience + drill.Duration + times.TrafficSlack,
            ledgerFile,
            record.Seed,
            [.. Enumerable.Range(1, drill.Traffic.Users).Select(n => $"{prefix}-{n:00}")]);
    }

    /// <summary>Never throws for what the platform does; status, exit code and reason are in the record.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Verdict? verdict;
        try
        {
            verdict = await PlayAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            verdict = Interrupt();
        }
        catch (Exception e) when (e is HttpRequestException or ToxiproxyException or LabException or IOException or OperationCanceledException or ExperimentSettingsException)
        {
            verdict = record.InjectedAt is null ? Verdict.SteadyStateNotMet(e.Message) : Verdict.Invalid(e.Message);
            phases.End(e.Message, succeeded: false);
        }

        verdict = await CleanUpAsync(verdict);
        Conclude(verdict);
    }

    public async ValueTask DisposeAsync()
    {
        await faults.DisposeAsync();
        if (traffic is not null)
        {
            await traffic.DisposeAsync();
        }

        activities.Dispose();
    }

    private async Task<Verdict?> PlayAsync(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var scope = await ExperimentScope.ResolveAsync(drill.Experiment, platform.Variables, Environment.GetEnvironmentVariable, activities, cancellationToken);
        record.Journal = new ExperimentJournal(drill.Experiment, clock.GetUtcNow());
        run = new ExperimentRun(drill.Experiment, scope, activities, record.Journal);

        // The pattern stops at the first verdict: nothing is injected into a platform that is not well.
        var verdict = await WarmUpAsync(cancellationToken)
            ?? await AwaitSteadyStateAsync(cancellationToken)
            ?? await InjectAsync(cancellationToken);
        if (verdict is not null)
        {
            return verdict;
        }

        await DetectAsync(cancellationToken);
        verdict = await RecoverAsync(cancellationToken);
        await VerifyAsync(cancellationToken);
        return verdict;
    }

    private async Task HealAsync(CancellationToken cancellationToken)
    {
        var healed = await platform.HealAsync(cancellationToken);
        record.Notes.AddRange(healed.Healed.Select(line => $"Left behind by an earlier run and undone at the start: {line}"));
        record.Notes.AddRange(healed.Failed.Select(line => $"Left behind by an earlier run and still there: {line}"));
    }

    private Verdict Interrupt()
    {
        phases.End("interrupted", succeeded: false);
        return Verdict.Interrupted("stopped by its operator");
    }

    /// <summary>Undoes, rolls back and collects, in time of its own: the caller's token may be cancelled already.</summary>
    private async Task<Verdict?> CleanUpAsync(Verdict? verdict)
    {
        using var grace = new CancellationTokenSource(times.CleanUp, clock);
        await faults.EndAllAsync(grace.Token);
        var restored = false;
        try
        {
            restored = await RollBackAsync(verdict, grace.Token);
        }
        catch (OperationCanceledException)
        {
            record.Notes.Add("The rollbacks were not done in time.");
        }

        await StopTrafficAsync(grace.Token);
        await CollectAsync(grace.Token);
        if (faults.Failures.Count > 0)
        {
            verdict = Verdict.NotRestored(string.Join("; ", faults.Failures));
        }
        else if (!restored)
        {
            verdict = Verdict.NotRestored("a rollback failed: " + string.Join(", ", record.Journal!.Rollbacks.Where(r => !r.Succeeded).Select(r => $"{r.Name}: {r.Exception?[0] ?? "not finished"}")));
        }

        return verdict;
    }

    /// <summary>Once, and not when the steady state was missed: then nothing was changed. Asked again, it gives the same answer.</summary>
    private async Task<bool> RollBackAsync(Verdict? verdict, CancellationToken cancellationToken)
    {
        if (run is null || rolledBackWell is not null || verdict?.ExitCode == 3)
        {
            return rolledBackWell ?? true;
        }

        // Taken as failed until proved otherwise: cut off in the middle, they are not played a second time.
        rolledBackWell = false;
        rolledBackWell = await run.RollBackAsync(cancellationToken);
        return rolledBackWell.Value;
    }

    private async Task StopTrafficAsync(CancellationToken cancellationToken)
    {
        if (traffic is null || record.Traffic is not null)
        {
            return;
        }

        try
        {
            record.Traffic = await traffic.StopAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            record.Notes.Add("The traffic generator did not stop in time; it was killed and left no summary.");
        }

        record.Seconds = traffic.Seconds;
        if (record.Traffic is { SecondsBehind: > 0 } late)
        {
            record.Notes.Add(FormattableString.Invariant($"The traffic generator itself was late in {late.SecondsBehind} of {record.Seconds.Count} seconds, by {late.BehindMs:0} ms at worst: read the latencies with care."));
        }
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (watchedFrom is not { } from)
        {
            return;
        }

        var to = record.Traffic?.EndedAt ?? clock.GetUtcNow();
        IReadOnlyList<DrillAlert> received = [];
        PrometheusEvidence? evidence = null;
        try
        {
            received = await platform.ListReceivedAsync(from, cancellationToken);
            evidence = await platform.ReadEvidenceAsync(from, to, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            record.Notes.Add($"Not all records could be read at the end: {e.Message}");
        }

        record.Alerts = AlertMerge.Merge(received, evidence?.Firing ?? []);
        if (record.ExpectedAlert is { } expected)
        {
            record.DetectedAt = expected.ReceivedAt;
        }

        record.Budget = (evidence, record.Traffic) switch
        {
            ({ Total: { } total, Failed: { } failed }, _) => ErrorBudget.Of(platform.AvailabilityObjective, total, failed, to - from),
            (_, { } summary) => ErrorBudget.Of(platform.AvailabilityObjective, summary.Total, summary.Failed, summary.EndedAt - summary.MeasuredFrom),
            _ => null,
        };
        record.RecoveredAt = Recovered();
    }

    /// <summary>
    /// Users: the first success after the last failure, as the traffic generator saw it. Where nobody failed, the end of the expected alert is the
    /// only sign of recovery there is.
    /// </summary>
    private DateTimeOffset? Recovered() => record switch
    {
        { InjectedAt: null } => null,
        { Drill.UsersNotice: true, Traffic: { Failed: > 0 } summary } => summary.RecoveredAt,
        _ => record.ExpectedAlert?.ResolvedAt,
    };

    private void Conclude(Verdict? verdict)
    {
        var now = clock.GetUtcNow();
        record.EndedAt = now;

        // Objectives of a drill that was not played to its end would be judged on half a record.
        var complete = verdict is null || verdict.ExitCode == 5;
        record.Objectives = complete ? ObjectiveJudge.Judge(record) : [];
        var missed = record.Objectives.Where(o => !o.Met).ToList();
        (record.Status, record.ExitCode, record.Reason) = (verdict, missed) switch
        {
            ({ } v, _) => (v.Status, v.ExitCode, v.Reason),
            (_, { Count: > 0 }) => (DrillStatus.Deviated, 1, "missed " + string.Join("; ", missed.Select(ObjectiveJudge.Describe))),
            _ => (DrillStatus.Completed, 0, (string?)null),
        };
        if (record.Journal is { } journal)
        {
            journal.End = now;
            journal.Deviated |= record.Status == DrillStatus.Deviated || record.ExitCode == 5;
            journal.Status = record.Status switch
            {
                DrillStatus.Interrupted => JournalStatus.Interrupted,
                DrillStatus.Invalid => JournalStatus.Aborted,
                DrillStatus.Failed => JournalStatus.Failed,
                _ => JournalStatus.Completed,
            };
        }
    }
}

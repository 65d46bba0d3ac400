using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Identity;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// Plays an experiment in four phases: hypothesis, method, hypothesis, rollbacks and the way back to the steady state. Strict where the reference is
/// lenient: a method that could not do its work is not a success, a miss while it runs counts, and rollbacks are played on every way out once the
/// method has begun.
/// </summary>
internal sealed class StrictRun(
    ExperimentRun run, MethodSession session, ExperimentScope scope, ActivityRunner runner, ExperimentOptions options, RunDeadline deadline, TimeProvider clock)
{
    // Where the file does not say: processes restart and caches fill in less than this.
    private static readonly Patience UsualRestore = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.Zero);

    private readonly JsonObject _findings = [];

    private ExperimentJournal Journal => run.Journal;

    private string TimeIsUp => $"not over after {options.TimeLimit}, the time limit of the run";

    public async Task<ExperimentOutcome> PlayAsync(CancellationToken cancellationToken)
    {
        var begun = false;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.TimeIsUp);
        try
        {
            if (await FindObstacleAsync(limited.Token) is { } obstacle)
            {
                Journal.Status = JournalStatus.Failed;
                return Conclude(ExperimentVerdict.SteadyStateNotMet, obstacle);
            }

            begun = true;
            options.Say("method");
            var end = await session.PlayAsync(cutAtOnce: true, cancellationToken);
            var (verdict, reason) = await JudgeAsync(end, limited.Token);
            return await RestoreAsync(verdict, reason, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Journal.Status = JournalStatus.Interrupted;
            return await LeaveAsync(ExperimentVerdict.Interrupted, "interrupted", begun && options.RollbackOnInterrupt() != false);
        }
        catch (OperationCanceledException) when (session.TimeIsUp.IsCancellationRequested)
        {
            Journal.Status = JournalStatus.Aborted;
            return await LeaveAsync(ExperimentVerdict.ActivityFailed, TimeIsUp, begun);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Journal.Status = JournalStatus.Aborted;
            return await LeaveAsync(ExperimentVerdict.ActivityFailed, $"aborted: {e.Message}", begun);
        }
    }

    /// <returns>Why nothing may be broken, or null.</returns>
    private async Task<string?> FindObstacleAsync(CancellationToken cancellationToken)
    {
        if (run.Experiment.SteadyState is not null)
        {
            options.Say("hypothesis");
        }

        if (!await run.CheckBeforeAsync(cancellationToken))
        {
            return $"steady state not met, nothing was run: {Missed(Journal.Before!)}";
        }

        return session.Watchdog is { } watchdog && options.Dry == DryMode.None ? await watchdog.ArmAsync(cancellationToken) : null;
    }

    private async Task<(ExperimentVerdict Verdict, string? Reason)> JudgeAsync(MethodEnd end, CancellationToken cancellationToken)
    {
        foreach (var failed in Journal.Run.Where(r => r is { End: not null, Succeeded: false }))
        {
            options.Say(Journal.Mask.Hide($"failed: {failed.Name}: {failed.Exception?[0]}"));
        }

        switch (end)
        {
            case MethodEnd.Stopped:
                Journal.Status = JournalStatus.Interrupted;
                Journal.Deviated = true;
                _findings["stopped"] = session.Watchdog!.Reason;
                return (ExperimentVerdict.Deviated, $"stopped: {session.Watchdog.Reason}");
            case MethodEnd.TimeIsUp:
                Journal.Status = JournalStatus.Aborted;
                return (ExperimentVerdict.ActivityFailed, TimeIsUp);
            case MethodEnd.CutShort:
                Journal.Status = JournalStatus.Failed;
                break;
        }

        var holds = await run.CheckAfterAsync(cancellationToken);
        Journal.Deviated |= session.MissedDuring;
        if (Journal.Run.Find(r => IsAction(r) && r is { End: not null, Succeeded: false }) is { } failedAction)
        {
            return (ExperimentVerdict.ActivityFailed, $"action '{failedAction.Name}' failed, so the run proves nothing: {failedAction.Exception?[0]}");
        }

        if (Journal.Run.Find(r => IsAction(r) && r.ToleranceMet == false) is { } vain)
        {
            return (ExperimentVerdict.ActivityFailed, $"action '{vain.Name}' did not do what it should, so the run proves nothing: {Answer(vain)}");
        }

        if (Journal.Run.Find(r => !IsAction(r) && (r.ToleranceMet == false || (r is { End: not null, Succeeded: false } && run.Experiment.Checks.Activities.ContainsKey(r.Name)))) is { } probe)
        {
            Journal.Deviated = true;
            return (ExperimentVerdict.Deviated, $"probe '{probe.Name}' of the method {Answer(probe)}");
        }

        return (holds, session.MissedDuring) switch
        {
            (false, _) => (ExperimentVerdict.Deviated, $"the steady state has deviated: {Missed(Journal.After!)}"),
            (_, true) => (ExperimentVerdict.Deviated, $"the steady state did not hold while the method ran: {Missed(Journal.During.First(d => !d.Met))}"),
            _ => (ExperimentVerdict.Completed, (string?)null),
        };
    }

    /// <summary>The fourth phase: rollbacks, and then the steady state must be there again.</summary>
    private async Task<ExperimentOutcome> RestoreAsync(ExperimentVerdict verdict, string? reason, CancellationToken cancellationToken)
    {
        if (run.Experiment.Rollbacks.Count > 0)
        {
            options.Say("rollbacks");
        }

        var limited = deadline.Aftermath(cancellationToken);
        try
        {
            if (!await run.RollBackAsync(limited))
            {
                return Conclude(ExperimentVerdict.NotRestored, RollbackFailure(), reason);
            }

            return await ReturnAsync(verdict, reason, limited);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && limited.IsCancellationRequested)
        {
            return Conclude(ExperimentVerdict.NotRestored, $"rollbacks and the way back were not done in what the time limit of the run left them ({options.RollbackTime} at least)", reason);
        }
    }

    /// <summary>Waits until the steady state is there again, where somebody asks for that.</summary>
    private async Task<ExperimentOutcome> ReturnAsync(ExperimentVerdict verdict, string? reason, CancellationToken cancellationToken)
    {
        var isAsked = run.Experiment.Checks.Restore is not null || Journal.Rollbacks.Count > 0;
        if (run.Experiment.SteadyState is not { Probes.Count: > 0 } hypothesis || !isAsked || options.Dry is DryMode.Probes or DryMode.Activities)
        {
            return Conclude(verdict, reason);
        }

        options.Say("way back to the steady state");
        var rolledBackAt = clock.GetUtcNow();
        HypothesisState? last = null;
        var way = await Eventually.WaitAsync(
            run.Experiment.Checks.Restore ?? UsualRestore,
            clock,
            async token => (last = await HypothesisState.CheckAsync(hypothesis, runner, scope, patiently: false, token)).Met,
            cancellationToken);
        var steadyAt = rolledBackAt + way.Elapsed;
        _findings["restored"] = new JsonObject
        {
            ["met"] = way.Met,
            ["looks"] = way.Looks,
            ["secondsAfterRollbacks"] = way.Met ? way.Elapsed.TotalSeconds : null,
            ["secondsAfterMethod"] = way.Met && session.EndedAt is { } end ? (steadyAt - end).TotalSeconds : null,
            ["state"] = last!.ToJson(Journal.Mask),
        };
        if (way.Met)
        {
            options.Say(FormattableString.Invariant($"steady again {way.Elapsed.TotalSeconds:0.0} s after the rollbacks"));
            return Conclude(verdict, reason);
        }

        Journal.Deviated = true;
        return Conclude(ExperimentVerdict.NotRestored, FormattableString.Invariant($"the steady state did not return within {way.Elapsed.TotalSeconds:0.#} s: {Missed(last)}"), reason);
    }

    /// <summary>Rollbacks in time of their own: the caller's token is cancelled already.</summary>
    private async Task<ExperimentOutcome> LeaveAsync(ExperimentVerdict verdict, string reason, bool withRollbacks)
    {
        if (!withRollbacks)
        {
            return Conclude(verdict, reason);
        }

        options.Say("rollbacks");
        using var grace = new CancellationTokenSource(options.RollbackTime, clock);
        try
        {
            return await run.RollBackAsync(grace.Token) ? Conclude(verdict, reason) : Conclude(verdict, $"{reason}; {RollbackFailure()}");
        }
        catch (OperationCanceledException)
        {
            return Conclude(verdict, $"{reason}; the rollbacks were not done within {options.RollbackTime.TotalSeconds:0} s");
        }
    }

    private string RollbackFailure()
    {
        var failed = Journal.Rollbacks.First(r => !r.Succeeded);
        return $"rollback '{failed.Name}' failed: {failed.Exception?[0] ?? "it did not end"}";
    }

    private ExperimentOutcome Conclude(ExperimentVerdict verdict, string? reason, string? before = null)
    {
        reason = before is null || reason is null ? reason : $"{reason} (before that: {before})";
        _findings["verdict"] = verdict.ToString();
        _findings["exitCode"] = (int)verdict;
        _findings["reason"] = reason;
        _findings["identity"] = ExperimentIdentity.Of(run.Experiment.Source);
        Journal.Findings = _findings;
        return new ExperimentOutcome(verdict, (int)verdict, reason is null ? null : Journal.Mask.Hide(reason), Journal);
    }

    private static bool IsAction(ActivityResult result) => result.Activity["type"]?.ToString() == "action";

    private static string Missed(HypothesisState state) => state.Missed is { } probe ? $"probe '{probe.Name}' {Answer(probe)}" : "a probe missed";

    private static string Answer(ActivityResult result) =>
        result.Describe() + (result.Succeeded ? ", which is outside its tolerance" : "")
        + (result.Waited is { } waited ? FormattableString.Invariant($", after {waited.Looks} looks in {waited.Elapsed.TotalSeconds:0.0} s") : "");
}

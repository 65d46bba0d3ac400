using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills;

internal sealed partial class DrillEngine
{
    private async Task<Verdict?> WarmUpAsync(CancellationToken cancellationToken)
    {
        phases.Begin(DrillPhase.WarmUp, "starting traffic");
        traffic = await platform.StartTrafficAsync(order, cancellationToken);
        try
        {
            await traffic.Ready.WaitAsync(times.TrafficStart, clock, cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            return Stop(Verdict.SteadyStateNotMet($"traffic did not start: {(traffic.Complaint.Length > 0 ? traffic.Complaint : e.Message)}"));
        }

        var end = clock.GetUtcNow() + drill.Traffic.Warmup;
        while (clock.GetUtcNow() < end)
        {
            if (traffic.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            phases.Say(KeyFigures());
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        phases.End(KeyFigures());
        return null;
    }

    /// <summary>Everything ready, no alert firing, no request failing, and the hypothesis of the file: only then something may be broken.</summary>
    private async Task<Verdict?> AwaitSteadyStateAsync(CancellationToken cancellationToken)
    {
        phases.Begin(DrillPhase.SteadyState, "looking");
        var deadline = clock.GetUtcNow() + times.SteadyStatePatience;
        string? obstacle;
        while ((obstacle = await FindObstacleAsync(cancellationToken)) is not null && clock.GetUtcNow() < deadline)
        {
            if (traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            phases.Say($"{KeyFigures()} · waiting: {obstacle}");
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        // The last word belongs to the check that the journal keeps.
        var met = await run!.CheckBeforeAsync(cancellationToken);
        obstacle ??= met ? null : MissedProbe(record.Journal!.Before!);
        if (obstacle is not null)
        {
            record.Journal!.Status = JournalStatus.Failed;
            return Stop(Verdict.SteadyStateNotMet($"steady state not met, nothing was injected: {obstacle}"));
        }

        watchedFrom = clock.GetUtcNow();
        phases.End($"{(drill.Experiment.SteadyState is { } hypothesis ? $"\"{hypothesis.Title}\" holds" : "no hypothesis")}, nothing fires, nothing fails");
        return null;
    }

    private async Task<string?> FindObstacleAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await platform.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready)
            {
                return $"not ready: {string.Join(", ", unready)}";
            }

            if (await platform.ListFiringAsync(cancellationToken) is { Count: > 0 } firing)
            {
                return $"firing: {string.Join(", ", firing)}";
            }

            if (!IsQuiet(traffic!.Seconds, after: DateTimeOffset.MinValue))
            {
                return "requests fail";
            }

            return await run!.ProbeSteadyStateAsync(cancellationToken) is { Met: false } state ? MissedProbe(state) : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"no answer: {e.Message}";
        }
    }

    private async Task<Verdict?> InjectAsync(CancellationToken cancellationToken)
    {
        if (drill.Faults.Count + drill.Experiment.Method.Count == 0)
        {
            phases.Begin(DrillPhase.Inject, "nothing to inject");
            phases.End("nothing, on purpose");
            return null;
        }

        phases.Begin(DrillPhase.Inject, string.Join(", ", drill.Faults));
        if (await faults.InjectAllAsync(cancellationToken) is { } why)
        {
            return Stop(Verdict.Invalid($"the drill is invalid: {why}"));
        }

        if (drill.Experiment.Method.Count > 0)
        {
            record.InjectedAt ??= clock.GetUtcNow();
            if (!await run!.RunMethodAsync(cancellationToken))
            {
                var failed = record.Journal!.Run.First(r => r is { Succeeded: false });
                return Stop(Verdict.Invalid($"the drill is invalid: {failed.Name} failed: {failed.Exception?[0]}"));
            }
        }

        phases.End(string.Join("; ", record.Receipts.SelectMany(r => r.Observations)) is { Length: > 0 } seen ? seen : "method done");
        return null;
    }

    private async Task DetectAsync(CancellationToken cancellationToken)
    {
        if (drill.ExpectedAlert is not { } expected || record.InjectedAt is not { } injectedAt)
        {
            return;
        }

        phases.Begin(DrillPhase.Detect, $"waiting for {expected}");

        // Past twice its objective the drill has missed it for certain; the alert is still looked for during recovery.
        var deadline = injectedAt + 2 * (drill.Objectives.Mttd ?? drill.Objectives.Signal ?? drill.Duration / 2);
        while (clock.GetUtcNow() < deadline)
        {
            if (await LookForAlertAsync(expected, injectedAt, cancellationToken) is { ReceivedAt: { } receivedAt } alert)
            {
                record.DetectedAt = receivedAt;
                phases.End(FormattableString.Invariant($"{expected} fired {(alert.FiredAt - injectedAt).TotalSeconds:0.0} s after the injection, monitoring had it at {(receivedAt - injectedAt).TotalSeconds:0.0} s"));
                return;
            }

            phases.Say($"waiting for {expected} · {KeyFigures()}");
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        phases.End($"{expected} has not reached monitoring", succeeded: false);
    }

    private async Task<Verdict?> RecoverAsync(CancellationToken cancellationToken)
    {
        phases.Begin(DrillPhase.Recover, "watching");
        var end = (record.InjectedAt ?? watchedFrom!.Value) + drill.Duration;
        if (record.InjectedAt is null)
        {
            return await WatchAsync(end, cancellationToken);
        }

        IReadOnlyList<string> missing;
        while ((missing = await FindMissingAsync(cancellationToken)).Count > 0 && clock.GetUtcNow() < end)
        {
            if (traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            phases.Say($"{KeyFigures()} · waiting for {string.Join(", ", missing)}");
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        await EndFaultsAsync(cancellationToken);
        var takenBack = await RollBackAsync(null, cancellationToken);
        var holds = await CheckAfterAsync(end, cancellationToken);
        await StopTrafficAsync(cancellationToken);
        if (record.Traffic is null)
        {
            return TrafficDied();
        }

        if (!takenBack || !holds)
        {
            var why = holds ? "a rollback failed" : $"steady state did not return: {MissedProbe(record.Journal!.After!)}";
            phases.End(why, succeeded: false);
            return Verdict.NotRestored(why);
        }

        phases.End(missing.Count == 0 ? RecoverySummary() : $"time is up, still missing: {string.Join(", ", missing)}", missing.Count == 0);
        return null;
    }

    /// <summary>The check that the journal keeps. One probe that misses is not yet a platform that did not come back: it is asked again while there is time.</summary>
    private async Task<bool> CheckAfterAsync(DateTimeOffset end, CancellationToken cancellationToken)
    {
        while (!await run!.CheckAfterAsync(cancellationToken))
        {
            if (clock.GetUtcNow() >= end)
            {
                return false;
            }

            phases.Say($"{KeyFigures()} · waiting for the hypothesis to hold");
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        return true;
    }

    /// <summary>Normally there is nothing left to end. A fault that resists must not hold the drill up; cleaning up tries once more.</summary>
    private async Task EndFaultsAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(times.UndoPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await faults.EndAllAsync(either.Token);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Without a fault there is nothing to recover from: the whole time is watched, so that "nothing happened" means something.</summary>
    private async Task<Verdict?> WatchAsync(DateTimeOffset end, CancellationToken cancellationToken)
    {
        while (clock.GetUtcNow() < end)
        {
            if (traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            phases.Say(KeyFigures());
            await Task.Delay(times.Poll, clock, cancellationToken);
        }

        var holds = await run!.CheckAfterAsync(cancellationToken);
        await StopTrafficAsync(cancellationToken);
        if (record.Traffic is null)
        {
            return TrafficDied();
        }

        phases.End(holds ? "watched to the end" : MissedProbe(record.Journal!.After!), holds);
        return holds ? null : Verdict.NotRestored($"steady state was lost although nothing was injected: {MissedProbe(record.Journal!.After!)}");
    }

    /// <summary>What recovery still lacks. All of it is looked at every time, so that the live line tells the whole story.</summary>
    private async Task<IReadOnlyList<string>> FindMissingAsync(CancellationToken cancellationToken)
    {
        if (!faults.AllEnded)
        {
            return ["the fault to end"];
        }

        // A method's own changes are taken back as soon as the alert has come or is overdue, or recovery could never begin.
        await RollBackAsync(null, cancellationToken);
        var missing = new List<string>();
        if (!IsQuiet(traffic!.Seconds, after: record.FaultEndedAt ?? record.InjectedAt!.Value))
        {
            missing.Add("requests to succeed");
        }

        try
        {
            if (drill.ExpectedAlert is { } expected && await LookForAlertAsync(expected, record.InjectedAt!.Value, cancellationToken) is not { ResolvedAt: not null })
            {
                missing.Add(record.DetectedAt is null ? $"{expected} to fire" : $"{expected} to be resolved");
            }

            if (await platform.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready)
            {
                missing.Add(string.Join(", ", unready));
            }
        }
        catch (HttpRequestException e)
        {
            missing.Add(e.Message);
        }

        if ((await run!.ProbeSteadyStateAsync(cancellationToken)).Met)
        {
            record.SteadyAt ??= clock.GetUtcNow();
        }
        else
        {
            missing.Add("the hypothesis to hold");
        }

        return missing;
    }

    private async Task<DrillAlert?> LookForAlertAsync(string name, DateTimeOffset injectedAt, CancellationToken cancellationToken)
    {
        try
        {
            var received = await platform.ListReceivedAsync(injectedAt - DrillRecord.AlertSlack, cancellationToken);
            var mine = received.Where(a => a.Name == name).OrderBy(a => a.FiredAt).ToList();
            record.DetectedAt ??= mine.FirstOrDefault()?.ReceivedAt;

            // Of several firings the last one decides whether it is over.
            return mine.LastOrDefault(a => a.ResolvedAt is null) ?? mine.FirstOrDefault();
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Monitoring may be among what is broken; it is asked again.
            return null;
        }
    }

    private async Task VerifyAsync(CancellationToken cancellationToken)
    {
        if (record.Traffic is null)
        {
            return;
        }

        phases.Begin(DrillPhase.Verify, "reading every acknowledged write back");
        var check = await platform.VerifyLedgerAsync(order, cancellationToken);
        record.Ledger = check.Verdict;
        phases.End(
            record.Ledger is { } ledger
                ? FormattableString.Invariant($"{ledger.Acknowledged:#,0} writes acknowledged, {ledger.Verified:#,0} verified, {ledger.Lost} lost, {ledger.Duplicated} duplicated, {ledger.Stale} stale")
                : $"no verdict on the ledger: {check.Complaint}",
            record.Ledger is { Clean: true });
        if (record.Ledger is null)
        {
            record.Notes.Add($"The ledger could not be verified: {check.Complaint}");
        }
    }

    private Verdict Stop(Verdict verdict)
    {
        phases.End(verdict.Reason, succeeded: false);
        return verdict;
    }

    private Verdict TrafficDied() =>
        Stop(Verdict.Invalid($"the drill is invalid: the traffic generator ended{(traffic!.Complaint.Length > 0 ? $": {traffic.Complaint}" : " without a summary")}"));

    private static string MissedProbe(HypothesisState state) =>
        state.Missed is { } probe
            ? $"probe '{probe.Name}' {(probe.Succeeded ? $"answered {Shorten(probe.Output?["status"]?.ToJsonString() ?? probe.Output?.ToJsonString() ?? "nothing")}" : $"failed: {probe.Exception?[0]}")}"
            : "the hypothesis does not hold";

    private static string Shorten(string text) => text.Length <= 120 ? text : text[..117] + "...";

    private bool IsQuiet(IReadOnlyList<TrafficSecond> seconds, DateTimeOffset after)
    {
        var last = seconds.Skip(Math.Max(0, seconds.Count - times.QuietSeconds)).ToList();
        return last.Count == times.QuietSeconds && last.TrueForAll(s => s.At >= after && s is { Failed: 0, Ok: > 0 });
    }

    private string KeyFigures() => traffic?.Seconds is [.., var last]
        ? FormattableString.Invariant($"{last.Sent} req/s, {last.Failed} failed, p95 {last.P95Ms ?? 0:0} ms")
        : "no traffic yet";

    private string RecoverySummary() => FormattableString.Invariant(
        $"{record.Traffic!.Failed:#,0} of {record.Traffic.Total:#,0} requests failed{(record.Traffic.RecoveredAt is { } at && drill.UsersNotice ? $", served again {(at - record.InjectedAt!.Value).TotalSeconds:0.0} s after the injection" : "")}{(drill.ExpectedAlert is { } alert ? $", {alert} resolved" : "")}");
}

using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Drills;

internal sealed partial class DrillEngine
{
    private async Task<Verdict?> WarmUpAsync(CancellationToken cancellationToken)
    {
        _phases.Begin(DrillPhase.WarmUp, "starting traffic");
        _record.Evidence.CountedFrom = _clock.GetUtcNow();
        _traffic = await _platform.StartTrafficAsync(_order, cancellationToken);
        try
        {
            await _traffic.Ready.WaitAsync(_times.TrafficStart, _clock, cancellationToken);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            return Stop(Verdict.SteadyStateNotMet($"traffic did not start: {(_traffic.Complaint.Length > 0 ? _traffic.Complaint : e.Message)}"));
        }

        var end = _clock.GetUtcNow() + _drill.Traffic.Warmup;
        while (_clock.GetUtcNow() < end)
        {
            if (_traffic.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            _phases.Say(KeyFigures());
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        _phases.End(KeyFigures());
        return null;
    }

    /// <summary>Everything ready, no alert firing, no request failing, and the hypothesis of the file: only then something may be broken.</summary>
    private async Task<Verdict?> AwaitSteadyStateAsync(CancellationToken cancellationToken)
    {
        _phases.Begin(DrillPhase.SteadyState, "looking");
        var deadline = _clock.GetUtcNow() + _times.SteadyStatePatience;
        string? obstacle;
        while ((obstacle = await FindObstacleAsync(cancellationToken)) is not null && _clock.GetUtcNow() < deadline)
        {
            if (_traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            _phases.Say(FormattableString.Invariant($"{KeyFigures()} · waiting at most {Math.Max(0, (deadline - _clock.GetUtcNow()).TotalSeconds):0} s more: {obstacle}"));
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        // The last word belongs to the check that the journal keeps.
        var met = await _run!.CheckBeforeAsync(cancellationToken);
        obstacle ??= met ? null : MissedProbe(_record.Journal!.Before!);
        if (obstacle is not null)
        {
            _record.Journal!.Status = JournalStatus.Failed;
            return Stop(Verdict.SteadyStateNotMet($"steady state not met, nothing was injected: {obstacle}"));
        }

        _watchedFrom = _clock.GetUtcNow();
        _phases.End($"{(_drill.Experiment.SteadyState is { } hypothesis ? $"\"{hypothesis.Title}\" holds" : "no hypothesis")}, nothing fires, nothing fails");
        return null;
    }

    private async Task<string?> FindObstacleAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await _platform.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready)
            {
                return $"not ready: {string.Join(", ", unready)}";
            }

            if (await _platform.ListFiringAsync(cancellationToken) is { Count: > 0 } firing)
            {
                // Its cause may be over: an alert on a burn rate ends when its window, 30 s for the slowest in the lab, has forgotten it.
                return $"{string.Join(", ", firing)} still firing, as after a drill a moment ago until its window has passed";
            }

            if (!IsQuiet(_traffic!.Seconds, after: DateTimeOffset.MinValue))
            {
                return "requests fail";
            }

            return await _run!.ProbeSteadyStateAsync(cancellationToken) is { Met: false } state ? MissedProbe(state) : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return $"no answer: {e.Message}";
        }
    }

    private async Task<Verdict?> InjectAsync(CancellationToken cancellationToken)
    {
        if (_drill.Faults.Count + _drill.Experiment.Method.Count == 0)
        {
            _phases.Begin(DrillPhase.Inject, "nothing to inject");
            _phases.End("nothing, on purpose");
            return null;
        }

        _phases.Begin(DrillPhase.Inject, string.Join(", ", _drill.Faults));
        if (await _faults.InjectAsync(cancellationToken) is { } why)
        {
            return Stop(Verdict.Invalid($"the drill is invalid: {why}"));
        }

        if (_drill.Experiment.Method.Count > 0)
        {
            _record.InjectedAt ??= _record.Evidence.MethodAt = _clock.GetUtcNow();
            if (!await _run!.RunMethodAsync(cancellationToken))
            {
                var failed = _record.Journal!.Run.First(r => r is { Succeeded: false });
                return Stop(Verdict.Invalid($"the drill is invalid: {failed.Name} failed: {failed.Exception?[0]}"));
            }
        }

        _phases.End(string.Join("; ", _faults.Observations()) is { Length: > 0 } seen ? seen : "method done");
        return null;
    }

    private async Task DetectAsync(CancellationToken cancellationToken)
    {
        if (_drill.ExpectedAlert is not { } expected || _record.InjectedAt is not { } injectedAt)
        {
            return;
        }

        _phases.Begin(DrillPhase.Detect, $"waiting for {expected}");

        // Past twice its objective the drill has missed it for certain; the alert is still looked for during recovery.
        var deadline = injectedAt + 2 * (_drill.Objectives.Mttd ?? _drill.Objectives.Signal ?? _drill.Duration / 2);
        while (_clock.GetUtcNow() < deadline && _faults.Broken is null)
        {
            if (await LookForAlertAsync(expected, injectedAt, cancellationToken) is { ReceivedAt: { } receivedAt } alert)
            {
                _record.DetectedAt = receivedAt;
                _phases.End(FormattableString.Invariant($"{expected} fired {(alert.FiredAt - injectedAt).TotalSeconds:0.0} s after the injection, monitoring had it at {(receivedAt - injectedAt).TotalSeconds:0.0} s"));
                return;
            }

            _phases.Say($"waiting for {expected} · {KeyFigures()}");
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        _phases.End($"{expected} has not reached monitoring", succeeded: false);
    }

    private async Task<Verdict?> RecoverAsync(CancellationToken cancellationToken)
    {
        _phases.Begin(DrillPhase.Recover, "watching");
        var end = (_record.InjectedAt ?? _watchedFrom!.Value) + _drill.Duration;
        if (_record.InjectedAt is null)
        {
            return await WatchAsync(end, cancellationToken);
        }

        // Where nobody is to be told, it is silent only when the time is over in which somebody could have been.
        IReadOnlyList<string> missing;
        while (((missing = await FindMissingAsync(cancellationToken)).Count > 0 || _drill.ExpectsSilence) && _clock.GetUtcNow() < end && _faults.Broken is null)
        {
            if (_traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            _phases.Say($"{KeyFigures()} · {(missing.Count > 0 ? $"waiting for {string.Join(", ", missing)}" : "all is well")}");
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        if (_faults.Broken is { } broken)
        {
            return Stop(Verdict.Invalid($"the drill is invalid: {broken}"));
        }

        await EndFaultsAsync(cancellationToken);
        var takenBack = await RollBackAsync(null, cancellationToken);
        var holds = await CheckAfterAsync(end, cancellationToken);
        await StopTrafficAsync(cancellationToken);
        if (_record.Traffic is null)
        {
            return TrafficDied();
        }

        if (!takenBack || !holds)
        {
            var why = holds ? "a rollback failed" : $"steady state did not return: {MissedProbe(_record.Journal!.After!)}";
            _phases.End(why, succeeded: false);
            return Verdict.NotRestored(why);
        }

        _phases.End(missing.Count == 0 ? RecoverySummary() : $"time is up, still missing: {string.Join(", ", missing)}", missing.Count == 0);
        return null;
    }

    /// <summary>The check that the journal keeps. One probe that misses is not yet a platform that did not come back: it is asked again while there is time.</summary>
    private async Task<bool> CheckAfterAsync(DateTimeOffset end, CancellationToken cancellationToken)
    {
        while (!await _run!.CheckAfterAsync(cancellationToken))
        {
            if (_clock.GetUtcNow() >= end)
            {
                return false;
            }

            _phases.Say($"{KeyFigures()} · waiting for the hypothesis to hold");
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        return true;
    }

    /// <summary>Normally there is nothing left to end. A fault that resists must not hold the drill up; cleaning up tries once more.</summary>
    private async Task EndFaultsAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_times.UndoPatience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await _faults.EndAllAsync(either.Token);
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Without a fault there is nothing to recover from: the whole time is watched, so that "nothing happened" means something.</summary>
    private async Task<Verdict?> WatchAsync(DateTimeOffset end, CancellationToken cancellationToken)
    {
        while (_clock.GetUtcNow() < end)
        {
            if (_traffic!.Ended.IsCompleted)
            {
                return TrafficDied();
            }

            _phases.Say(KeyFigures());
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        var holds = await _run!.CheckAfterAsync(cancellationToken);
        await StopTrafficAsync(cancellationToken);
        if (_record.Traffic is null)
        {
            return TrafficDied();
        }

        _phases.End(holds ? "watched to the end" : MissedProbe(_record.Journal!.After!), holds);
        return holds ? null : Verdict.NotRestored($"steady state was lost although nothing was injected: {MissedProbe(_record.Journal!.After!)}");
    }

    /// <summary>What recovery still lacks. All of it is looked at every time, so that the live line tells the whole story.</summary>
    private async Task<IReadOnlyList<string>> FindMissingAsync(CancellationToken cancellationToken)
    {
        if (!_faults.AllEnded)
        {
            return ["the fault to end"];
        }

        // A method's own changes are taken back as soon as the alert has come or is overdue, or recovery could never begin.
        await RollBackAsync(null, cancellationToken);
        var missing = new List<string>();
        if (NoteMachineTrouble() is { } trouble)
        {
            missing.Add($"room: {trouble}");
        }

        if (!IsQuiet(_traffic!.Seconds, after: _record.FaultEndedAt ?? _record.InjectedAt!.Value))
        {
            missing.Add("requests to succeed");
        }

        try
        {
            if (_drill.ExpectedAlert is { } expected && await LookForAlertAsync(expected, _record.InjectedAt!.Value, cancellationToken) is not { ResolvedAt: not null })
            {
                missing.Add(_record.DetectedAt is null ? $"{expected} to fire" : $"{expected} to be resolved");
            }

            if (await _platform.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready)
            {
                missing.Add(string.Join(", ", unready));
            }
        }
        catch (HttpRequestException e)
        {
            missing.Add(e.Message);
        }

        if ((await _run!.ProbeSteadyStateAsync(cancellationToken)).Met)
        {
            _record.SteadyAt ??= _clock.GetUtcNow();
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
            var received = await _platform.ListReceivedAsync(injectedAt - DrillRecord.AlertSlack, cancellationToken);
            var mine = received.Where(a => a.Name == name).OrderBy(a => a.FiredAt).ToList();
            _record.DetectedAt ??= mine.FirstOrDefault()?.ReceivedAt;

            // Of several firings the last one decides whether it is over.
            return mine.LastOrDefault(a => a.ResolvedAt is null) ?? mine.FirstOrDefault();
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Monitoring may be among what is broken; it is asked again.
            return null;
        }
    }

    /// <returns>A verdict when the ledger proves nothing: what could not be read is not lost, and not safe either.</returns>
    private async Task<Verdict?> VerifyAsync(CancellationToken cancellationToken)
    {
        if (_record.Traffic is null)
        {
            return null;
        }

        _phases.Begin(DrillPhase.Verify, "reading every acknowledged write back");
        if (await AwaitProcessesAsync(cancellationToken) is { } absent)
        {
            return Stop(Verdict.NotRestored($"the ledger cannot be judged: {absent} after the recovery's time and {_times.ReadyPatience.TotalSeconds:0} s more"));
        }

        var check = await _platform.VerifyLedgerAsync(
            _order,
            _times.VerifyPatience,
            progress => _phases.Say(FormattableString.Invariant($"{progress.Confirmed:#,0} of {progress.Acknowledged:#,0} acknowledged writes read back and right")),
            cancellationToken);
        _record.Ledger = check.Verdict;
        if (_record.Ledger is not { } ledger)
        {
            _record.Notes.Add($"The ledger could not be verified: {check.Complaint}");
            return Stop(Verdict.Invalid($"the drill is invalid: no verdict on the ledger: {check.Complaint}"));
        }

        _phases.End(ledger.Describe(), ledger.Clean);
        return ledger is { Unreadable: > 0, Broken: false }
            ? Verdict.Invalid(FormattableString.Invariant($"the drill is invalid: {ledger.Unreadable:#,0} findings on acknowledged writes are open because the platform did not answer in time; nothing is known to be lost ({ledger.Details[0].Text})"))
            : null;
    }

    /// <summary>An event waits in its outbox for a broker that still starts; asked for then, it would be taken for lost.</summary>
    /// <returns>What is not ready when patience ends; null when everything is.</returns>
    private async Task<string?> AwaitProcessesAsync(CancellationToken cancellationToken)
    {
        var deadline = _clock.GetUtcNow() + _times.ReadyPatience;
        while (await _platform.ListUnreadyAsync(cancellationToken) is { Count: > 0 } unready)
        {
            if (_clock.GetUtcNow() >= deadline)
            {
                return $"not ready: {string.Join(", ", unready)}";
            }

            _phases.Say($"waiting for {string.Join(", ", unready)}");
            await Task.Delay(_times.Poll, _clock, cancellationToken);
        }

        return null;
    }

    /// <summary>Remembered, because it is the reason of whatever goes wrong from then on, even when it has passed.</summary>
    private string? NoteMachineTrouble()
    {
        var trouble = _platform.FindMachineTrouble();
        if (trouble is not null && _machineTrouble is null)
        {
            _machineTrouble = trouble;
            _record.Notes.Add($"From {_clock.GetUtcNow():HH:mm:ss} UTC on, {trouble}.");
        }

        return trouble;
    }

    private Verdict Stop(Verdict verdict)
    {
        _phases.End(verdict.Reason, succeeded: false);
        return verdict;
    }

    private Verdict TrafficDied() =>
        Stop(Verdict.Invalid($"the drill is invalid: the traffic generator ended{(_traffic!.Complaint.Length > 0 ? $": {_traffic.Complaint}" : " without a summary")}"));

    private static string MissedProbe(HypothesisState state) =>
        state.Missed is { } probe
            ? $"probe '{probe.Name}' {Shorten(probe.Describe())}"
            : "the hypothesis does not hold";

    private static string Shorten(string text) => text.Length <= 120 ? text : text[..117] + "...";

    private bool IsQuiet(IReadOnlyList<TrafficSecond> seconds, DateTimeOffset after)
    {
        var last = seconds.Skip(Math.Max(0, seconds.Count - _times.QuietSeconds)).ToList();
        return last.Count == _times.QuietSeconds && last.TrueForAll(s => s.At >= after && s is { Failed: 0, Ok: > 0 });
    }

    private string KeyFigures() => _traffic?.Seconds is [.., var last]
        ? FormattableString.Invariant($"{last.Sent} req/s, {last.Failed} failed, p95 {last.P95Ms ?? 0:0} ms")
        : "no traffic yet";

    private string RecoverySummary() => FormattableString.Invariant(
        $"{_record.Traffic!.Failed:#,0} of {_record.Traffic.Total:#,0} requests failed{(_record.Traffic.RecoveredAt is { } at && _drill.UsersNotice ? $", served again {(at - _record.InjectedAt!.Value).TotalSeconds:0.0} s after the injection" : "")}{(_drill.ExpectedAlert is { } alert ? $", {alert} resolved" : "")}");
}

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
    private readonly Drill _drill;
    private readonly IDrillPlatform _platform;
    private readonly DrillRecord _record;
    private readonly Phases _phases;
    private readonly TimeProvider _clock;
    private readonly DrillTimes _times;
    private readonly ActivityRunner _activities;
    private readonly StandingFaults _faults;
    private readonly TrafficOrder _order;
    private ExperimentRun? _run;
    private ITrafficRun? _traffic;
    private readonly GatewayRequests? _ownRequests;
    private DateTimeOffset? _watchedFrom;
    private bool? _rolledBackWell;
    private string? _machineTrouble;

    public DrillEngine(IDrillPlatform platform, DrillRecord record, Phases phases, DrillTimes times, string ledgerFile, TimeProvider clock)
    {
        (this._platform, this._record, this._phases, this._times, this._clock) = (platform, record, phases, times, clock);
        _drill = record.Drill;
        _ownRequests = platform.Variables.TryGetValue("gateway", out var gateway) && gateway is not null ? new GatewayRequests(new Uri(gateway.GetValue<string>())) : null;
        _activities = new ActivityRunner(clock) { Sent = (url, status) => _ownRequests?.Add(url, status) };
        _faults = new StandingFaults(_drill, platform, record, clock);

        // Users of their own for every run: the inboxes that are checked at the end hold this run's events only.
        var prefix = $"drill-{record.StartedAt.ToUnixTimeMilliseconds():x}";
        _order = new TrafficOrder(
            _drill.Traffic,
            times.SteadyStatePatience + _drill.Duration + times.TrafficSlack,
            ledgerFile,
            record.Seed,
            [.. Enumerable.Range(1, _drill.Traffic.Users).Select(n => $"{prefix}-{n:00}")]);
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
            verdict = _record.InjectedAt is null ? Verdict.SteadyStateNotMet(e.Message) : Verdict.Invalid(e.Message);
            _phases.End(e.Message, succeeded: false);
        }

        verdict = await CleanUpAsync(verdict);
        Conclude(verdict);
    }

    public async ValueTask DisposeAsync()
    {
        await _faults.DisposeAsync();
        if (_traffic is not null)
        {
            await _traffic.DisposeAsync();
        }

        _activities.Dispose();
    }

    private async Task<Verdict?> PlayAsync(CancellationToken cancellationToken)
    {
        await HealAsync(cancellationToken);
        var scope = await ExperimentScope.ResolveAsync(_drill.Experiment, _platform.Variables, Environment.GetEnvironmentVariable, _activities, cancellationToken);
        _activities.MarkStart(_drill.Experiment, scope);
        _record.Journal = new ExperimentJournal(_drill.Experiment, _clock.GetUtcNow()) { Mask = scope.Mask };
        _run = new ExperimentRun(_drill.Experiment, scope, _activities, _record.Journal);

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
        await AwaitCountersAsync(cancellationToken);
        var unproved = await VerifyAsync(cancellationToken);
        return verdict ?? unproved;
    }

    private async Task HealAsync(CancellationToken cancellationToken)
    {
        var healed = await _platform.HealAsync(cancellationToken);
        _record.Notes.AddRange(healed.Healed.Select(line => $"Left behind by an earlier run and undone at the start: {line}"));
        _record.Notes.AddRange(healed.Failed.Select(line => $"Left behind by an earlier run and still there: {line}"));
    }

    private Verdict Interrupt()
    {
        _phases.End("interrupted", succeeded: false);
        return Verdict.Interrupted("stopped by its operator");
    }

    /// <summary>Undoes, rolls back and collects, in time of its own: the caller's token may be cancelled already.</summary>
    private async Task<Verdict?> CleanUpAsync(Verdict? verdict)
    {
        using var grace = new CancellationTokenSource(_times.CleanUp, _clock);
        await _faults.EndAllAsync(grace.Token);
        var restored = false;
        try
        {
            restored = await RollBackAsync(verdict, grace.Token);
        }
        catch (OperationCanceledException)
        {
            _record.Notes.Add("The rollbacks were not done in time.");
        }

        await StopTrafficAsync(grace.Token);
        await CollectAsync(grace.Token);
        if (_faults.Failures.Count > 0)
        {
            verdict = Verdict.NotRestored(string.Join("; ", _faults.Failures));
        }
        else if (!restored)
        {
            verdict = Verdict.NotRestored("a rollback failed: " + string.Join(", ", _record.Journal!.Rollbacks.Where(r => !r.Succeeded).Select(r => $"{r.Name}: {r.Exception?[0] ?? "not finished"}")));
        }

        return verdict;
    }

    /// <summary>Once, and not when the steady state was missed: then nothing was changed. Asked again, it gives the same answer.</summary>
    private async Task<bool> RollBackAsync(Verdict? verdict, CancellationToken cancellationToken)
    {
        if (_run is null || _rolledBackWell is not null || verdict?.ExitCode == 3)
        {
            return _rolledBackWell ?? true;
        }

        // Taken as failed until proved otherwise: cut off in the middle, they are not played a second time.
        _rolledBackWell = false;
        _rolledBackWell = await _run.RollBackAsync(cancellationToken);
        return _rolledBackWell.Value;
    }

    private async Task StopTrafficAsync(CancellationToken cancellationToken)
    {
        if (_traffic is null || _record.Traffic is not null)
        {
            return;
        }

        try
        {
            _record.Traffic = await _traffic.StopAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _record.Notes.Add("The traffic generator did not stop in time; it was killed and left no summary.");
        }

        _record.Seconds = _traffic.Seconds;
        if (_record.Traffic is { SecondsBehind: > 0 } late)
        {
            _record.Notes.Add(FormattableString.Invariant($"The traffic generator itself was late in {late.SecondsBehind} of {_record.Seconds.Count} seconds, by {late.BehindMs:0} ms at worst: read the latencies with care."));
        }
    }

    /// <summary>Verifying sends requests too; the counters must be read between the last request of users and the first of those.</summary>
    private async Task AwaitCountersAsync(CancellationToken cancellationToken)
    {
        if (_record.Traffic is not { } summary)
        {
            return;
        }

        try
        {
            _record.Evidence.CountedTo = await _platform.AwaitScrapeAsync(summary.EndedAt, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or System.Text.Json.JsonException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Told below, as figures that could not be compared.
        }
    }

    private async Task CompareFiguresAsync(CancellationToken cancellationToken)
    {
        if (_record.Traffic is null || _record.Evidence.CountedFrom is null || _ownRequests is not { } own)
        {
            return;
        }

        (_record.Evidence.OwnAnswers, _record.Evidence.OwnFailures) = own.Counts;
        _record.Evidence.Prepared = _traffic!.Prepared;
        if (_record.Evidence.CountedTo is null)
        {
            _record.Notes.Add("The figures of this report could not be compared with Prometheus: it did not read the gateway's counters between the end of traffic and the verification.");
            return;
        }

        try
        {
            _record.Figures = await FigureCheck.CompareAsync(_record, KeepAnswerAsync, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            _record.Notes.Add($"The figures of this report could not be compared with Prometheus: {e.Message}");
        }

        if (_record.Figures.Where(f => f.Agrees != true).Select(f => f.Name).ToList() is { Count: > 0 } different)
        {
            _record.Notes.Add($"These figures of the report are not confirmed by Prometheus within 1 %: {string.Join(", ", different)}. The table of figures shows both.");
        }
    }

    private async Task<PrometheusAnswer> KeepAnswerAsync(string name, string query, CancellationToken cancellationToken)
    {
        var answer = await _platform.AskAsync(name, query, cancellationToken);
        _record.Evidence.Prometheus.Add(answer);
        return answer;
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (_watchedFrom is not { } from)
        {
            return;
        }

        var to = _record.Traffic?.EndedAt ?? _clock.GetUtcNow();
        var kept = _record.Evidence;
        (kept.WatchedFrom, kept.WatchedTo, kept.AvailabilityObjective) = (from, to, _platform.AvailabilityObjective);
        PrometheusEvidence? evidence = null;
        try
        {
            kept.Incidents = IncidentReader.Concerning(await _platform.ReadIncidentsAsync(cancellationToken), from);
            _record.Pages = await _platform.ListPagesAsync(from, cancellationToken);
            evidence = await _platform.ReadEvidenceAsync(from, to, cancellationToken);
            kept.Prometheus.AddRange(evidence.Answers);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or System.Text.Json.JsonException)
        {
            _record.Notes.Add($"Not all records could be read at the end: {e.Message}");
        }

        await CompareFiguresAsync(cancellationToken);
        DrillFigures.Fill(_record, evidence);
    }

    private void Conclude(Verdict? verdict)
    {
        var now = _clock.GetUtcNow();
        _record.EndedAt = now;
        NoteMachineTrouble();
        _record.Evidence.Verdict = verdict;
        _record.Evidence.MachineTrouble = _machineTrouble;
        DrillFigures.Conclude(_record);
        if (_record.Journal is { } journal)
        {
            journal.End = now;
            journal.Deviated |= _record.Status == DrillStatus.Deviated || _record.ExitCode == 5;
            journal.Status = _record.Status switch
            {
                DrillStatus.Interrupted => JournalStatus.Interrupted,
                DrillStatus.Invalid => JournalStatus.Aborted,
                DrillStatus.Failed => JournalStatus.Failed,
                _ => JournalStatus.Completed,
            };
        }
    }
}

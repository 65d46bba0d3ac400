using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.GameDays;

/// <summary>
/// Plays one game day on a running platform: real traffic all the time, one hidden fault after another, each until it is mended or its window is over. However
/// it ends, <see cref="GameDayEnd"/> takes back what was broken, verifies the ledger and completes the record.
/// </summary>
internal sealed class GameDayRun : IAsyncDisposable
{
    /// <summary>Users well for so long after the operator says "mitigated" end a round whose diagnosis is in.</summary>
    private static readonly TimeSpan WellFor = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(500);

    // Small enough that no user and no alert notices; there to be looked at in vain.
    private static readonly DrillFault Noise = new("link.latency", "notes-2-to-redis", new Dictionary<string, string> { ["latency"] = "15ms" }, TimeSpan.FromSeconds(20));

    private readonly IDrillPlatform _platform;
    private readonly GameDayRecord _record;
    private readonly GameDayBook _book;
    private readonly IReadOnlyDictionary<string, Drill> _drills;
    private readonly DrillTimes _times;
    private readonly TrafficOrder _order;
    private readonly Action<GameDayPhase, string> _tell;
    private readonly TimeProvider _clock;
    private readonly GameDayEnd _end;
    private ITrafficRun? _traffic;

    public GameDayRun(
        IDrillPlatform platform, GameDayRecord record, GameDayBook book, IReadOnlyDictionary<string, Drill> drills, DrillTimes times, string ledgerFile,
        Action<GameDayPhase, string> tell, TimeProvider clock)
    {
        (_platform, _record, _book, _drills, _times, _tell, _clock) = (platform, record, book, drills, times, tell, clock);
        var traffic = new DrillTraffic(Rate: 120, Warmup: TimeSpan.FromSeconds(8), Users: 20, Mix: null);
        var prefix = $"gameday-{record.StartedAt.ToUnixTimeMilliseconds():x}";
        _order = new TrafficOrder(
            traffic,
            TimeSpan.FromMinutes(record.Plan.Minutes) + (record.Plan.Rounds.Count * PlatformCalm.Patience) + times.TrafficSlack,
            ledgerFile,

            // Not the plan's: the generator's command line is there for everybody to see.
            Seed: 1,
            [.. Enumerable.Range(1, traffic.Users).Select(n => $"{prefix}-{n:00}")]);
        _end = new GameDayEnd(platform, record, _order, times, clock);
    }

    /// <summary>Hints of the fault that stands; empty while nothing does.</summary>
    public IReadOnlyList<string> Hints { get; private set; } = [];

    /// <summary>Never throws for what the platform does; why it proves nothing is in the record.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PlayAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _record.Notes.Add("Ended early by whoever started it.");
        }
        catch (Exception e)
        {
            // Whatever it was: what stands is undone and the report is written.
            _record.Invalid = e.Message;
        }

        using var grace = new CancellationTokenSource(PlatformCalm.Patience + _times.CleanUp, _clock);
        _tell(GameDayPhase.WrapUp, "the fault is taken back, the ledger is read");
        await _end.CompleteAsync(_traffic, _book, grace.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_traffic is not null)
        {
            await _traffic.DisposeAsync();
        }
    }

    private async Task PlayAsync(CancellationToken cancellationToken)
    {
        if ((await _platform.HealAsync(cancellationToken)).Failed is { Count: > 0 } left)
        {
            throw new LabException($"An earlier fault could not be taken back, so nothing was broken: {string.Join("; ", left)}.");
        }

        _tell(GameDayPhase.WarmUp, "traffic begins");
        _traffic = await _platform.StartTrafficAsync(_order, cancellationToken);
        await _traffic.Ready.WaitAsync(_times.TrafficStart, _clock, cancellationToken);
        await Task.Delay(_order.Traffic.Warmup, _clock, cancellationToken);
        if (await PlatformCalm.AwaitAsync(_platform, _clock, cancellationToken) is { } obstacle)
        {
            throw new LabException($"The platform was not well, so nothing was broken: {obstacle}.");
        }

        foreach (var round in _record.Plan.Rounds)
        {
            await PlayAsync(round, cancellationToken);
            if (_book.Ended.IsCompleted)
            {
                return;
            }

            // What one fault leaves ringing must not be taken for the next.
            await PlatformCalm.AwaitAsync(_platform, _clock, cancellationToken);
        }

        await AwaitWriteUpAsync(cancellationToken);
    }

    /// <summary>Nothing is broken any more, and who mended it early has the rest of the time to write it up.</summary>
    private async Task AwaitWriteUpAsync(CancellationToken cancellationToken)
    {
        var end = _record.StartedAt + TimeSpan.FromMinutes(_record.Plan.Minutes);
        if (_clock.GetUtcNow() >= end)
        {
            return;
        }

        _tell(GameDayPhase.WriteUp, "it is over: hand in your write-up (gameday writeup FILE), or end the day (gameday end)");
        while (_clock.GetUtcNow() < end && !_book.Ended.IsCompleted && !_book.Acts.Any(a => a.Kind == OperatorActKind.WriteUp))
        {
            await DelayAsync(Poll, cancellationToken);
        }
    }

    private async Task PlayAsync(GameDayRound round, CancellationToken cancellationToken)
    {
        var begin = _clock.GetUtcNow();
        var end = begin + TimeSpan.FromSeconds(round.WindowSeconds);
        _book.BeginRound();
        if (!_record.Blind)
        {
            _tell(GameDayPhase.OnCall, "you are on call; something will break");
        }
        else if (_record.Rounds.Count == 0)
        {
            // Once only: how often it is said would tell how many rounds there are.
            _tell(GameDayPhase.OnCall, "you are on call");
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var noise = MakeNoiseAsync(round, over.Token);
        try
        {
            await DelayAsync(TimeSpan.FromSeconds(round.InjectAfterSeconds), cancellationToken);
            if (_book.Ended.IsCompleted)
            {
                return;
            }

            var drill = _drills[round.Drill];
            var injectedAt = _clock.GetUtcNow();
            var receipts = await InjectAsync(drill, end - injectedAt, cancellationToken);
            Hints = drill.GameDay!.Hints;
            if (!_record.Blind)
            {
                _tell(GameDayPhase.OnCall, "something has just been broken");
            }

            var played = new PlayedRound { Drill = drill, Receipts = receipts, InjectedAt = injectedAt };
            try
            {
                await AwaitEndOfRoundAsync(played, end, cancellationToken);
            }
            finally
            {
                // Also when it is cut short: it was broken, and what the operator did was done about it.
                _record.Rounds.Add(played with { EndedAt = _clock.GetUtcNow() });
                Hints = [];
            }

            await _end.UndoAsync(cancellationToken);
        }
        finally
        {
            await over.CancelAsync();
            await noise.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<IReadOnlyList<Receipt>> InjectAsync(Drill drill, TimeSpan longest, CancellationToken cancellationToken)
    {
        var receipts = new List<Receipt>();
        foreach (var fault in drill.Faults)
        {
            var injected = await _platform.InjectAsync(GameDayScenario.Prolong(fault, longest), cancellationToken);
            _end.Add(injected);
            receipts.Add(injected.Receipt);
            if (!injected.Receipt.Observed)
            {
                throw new FaultException($"{fault} left no trace on its target, so there was nothing to find.");
            }
        }

        return receipts;
    }

    /// <summary>Until the time is up, the operator ends the day, or all is said and done: a diagnosis, "mitigated", and users who are well since.</summary>
    private async Task AwaitEndOfRoundAsync(PlayedRound round, DateTimeOffset end, CancellationToken cancellationToken)
    {
        while (_clock.GetUtcNow() < end && !_book.Ended.IsCompleted)
        {
            if (IsDone(round) && (round.Drill.UsersNotice || !await IsToldAsync(round.Drill.ExpectedAlert, cancellationToken)))
            {
                return;
            }

            await DelayAsync(Poll, cancellationToken);
        }
    }

    /// <summary>While users are shielded, only the alert tells whether it is mended.</summary>
    private async Task<bool> IsToldAsync(string? alert, CancellationToken cancellationToken)
    {
        try
        {
            return alert is not null && (await _platform.ListFiringAsync(cancellationToken)).Contains(alert);
        }
        catch (Exception e) when (PlatformCalm.IsNoAnswer(e, cancellationToken))
        {
            return true;
        }
    }

    private bool IsDone(PlayedRound round)
    {
        var acts = _book.Acts.Where(a => a.At >= round.InjectedAt).ToList();
        if (acts.FindLast(a => a.Kind == OperatorActKind.Mitigate) is not { } mitigated || !acts.Exists(a => a.Kind == OperatorActKind.Diagnose))
        {
            return false;
        }

        var since = _traffic!.Seconds.Where(s => s.At >= mitigated.At).ToList();
        return since.Count >= WellFor.TotalSeconds && since.TakeLast((int)WellFor.TotalSeconds).All(s => s.Failed == 0);
    }

    private async Task MakeNoiseAsync(GameDayRound round, CancellationToken cancellationToken)
    {
        if (round.NoiseAfterSeconds is not { } after)
        {
            return;
        }

        await Task.Delay(TimeSpan.FromSeconds(after), _clock, cancellationToken);
        var noise = await _platform.InjectAsync(Noise, cancellationToken);
        try
        {
            await Task.Delay(Noise.For!.Value, _clock, cancellationToken);
        }
        finally
        {
            using var limit = new CancellationTokenSource(_times.UndoPatience, _clock);
            await noise.UndoAsync(limit.Token);
        }
    }

    /// <summary>Ends early when the operator ends the day.</summary>
    private async Task DelayAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await _book.Ended.WaitAsync(time, _clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>Where a game day is.</summary>
public enum GameDayPhase
{
    Platform,
    WarmUp,
    OnCall,
    WriteUp,
    WrapUp,
    Over,
}

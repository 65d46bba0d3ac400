namespace Back2Code.Chaos.Experiments;

/// <summary>How the method ended.</summary>
internal enum MethodEnd
{
    Played,

    /// <summary>The hypothesis missed while it ran, and that was to end it.</summary>
    CutShort,

    /// <summary>A stop condition was met.</summary>
    Stopped,

    /// <summary>The time limit of the run was reached.</summary>
    TimeIsUp,
}

/// <summary>Plays the method with all that watches beside it: the hypothesis and the stop conditions.</summary>
internal sealed class MethodSession(ExperimentRun run, ExperimentScope scope, ActivityRunner runner, ExperimentOptions options, TimeProvider clock, CancellationToken timeIsUp) : IDisposable
{
    /// <summary>Null unless the extension asks for stop conditions. Only strict runs read it.</summary>
    public StopWatchdog? Watchdog { get; } = run.Experiment.Checks.Stop.Count > 0 ? new StopWatchdog(run.Experiment.Checks, scope, runner, clock) : null;

    /// <summary>Whether the hypothesis missed while the method ran.</summary>
    public bool MissedDuring { get; private set; }

    /// <summary>When the last activity ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    public CancellationToken TimeIsUp => timeIsUp;

    /// <param name="cutAtOnce">When the method is to end early: end the activity under way too, or only leave out the rest.</param>
    public async Task<MethodEnd> PlayAsync(bool cutAtOnce, CancellationToken cancellationToken)
    {
        using var watch = run.Experiment is { SteadyState: { Probes.Count: > 0 } hypothesis, HypothesisStrategy: HypothesisStrategy.DuringOnly or HypothesisStrategy.Continuously }
            ? new HypothesisWatch(hypothesis, runner, scope, run.Journal, options, clock)
            : null;
        var (cut, stopped) = (watch?.CutShort ?? default, Watchdog?.Stopped ?? default);
        run.IsCutShort = () => cut.IsCancellationRequested;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var playing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cutAtOnce ? cut : default, stopped, TimeIsUp);
        var beside = Task.WhenAll(watch?.RunAsync(over.Token) ?? Task.CompletedTask, Watchdog?.RunAsync(over.Token) ?? Task.CompletedTask);
        var end = MethodEnd.Played;
        try
        {
            await run.RunMethodAsync(playing.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested && playing.IsCancellationRequested)
        {
            end = stopped.IsCancellationRequested ? MethodEnd.Stopped : TimeIsUp.IsCancellationRequested ? MethodEnd.TimeIsUp : MethodEnd.CutShort;
        }
        finally
        {
            EndedAt = clock.GetUtcNow();
            await over.CancelAsync();
            await beside;
            MissedDuring = watch is { HasMissed: true };
        }

        return end == MethodEnd.Played && cut.IsCancellationRequested ? MethodEnd.CutShort : end;
    }

    public void Dispose() => Watchdog?.Dispose();
}

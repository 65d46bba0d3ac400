using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>Plays the drills of a campaign, round after round, and remembers what came of each and why one was not played.</summary>
internal sealed class CampaignPlayer(IReadOnlyList<Drill> drills, CampaignOptions options, string folder, IProgress<CampaignProgress>? progress, TimeProvider clock) : IAsyncDisposable
{
    // What a drill takes beyond the time from injection to the end of traffic: steady state, read-back, report. Measured were 15 to 25 s.
    private static readonly TimeSpan Around = TimeSpan.FromSeconds(25);

    private readonly SharedPlatform _platform = new(options.Platform.With(drills[0].TimeScale), options.Cli, clock);
    private readonly DateTimeOffset _started = clock.GetUtcNow();

    public List<RunResult> Runs { get; } = [];

    public List<SkippedRun> Skipped { get; } = [];

    public List<string> Notes { get; } = [];

    public IReadOnlyList<string> Rules { get; private set; } = [];

    public bool IsInterrupted { get; private set; }

    /// <summary>Why there is no platform to play on, or not any more; null while there is.</summary>
    public string? Obstacle { get; private set; }

    private int Count => drills.Count * options.Repeat;

    /// <summary>Never throws for what the platform does: a scorecard says why nothing was played, too.</summary>
    public async Task PlayAsync(CancellationToken cancellationToken)
    {
        try
        {
            Say(0, "", "starting the platform");
            await _platform.StartAsync(new Telling<PlatformProgress>(p => Say(0, "", p.Process is { } process ? $"{process}: {p.Text}" : p.Text)), cancellationToken);
            Rules = await ListRulesAsync(cancellationToken);
            await PlayAllAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            IsInterrupted = true;
            SkipFrom(Runs.Count, "stopped by its operator");
        }
        catch (LabException e)
        {
            Obstacle = e.Message;
            Notes.Add(e.Message);
            SkipFrom(Runs.Count, Runs.Count > 0 ? "the platform is gone" : "the platform could not be started");
        }
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    private async Task PlayAllAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < Count; i++)
        {
            var (drill, round) = (drills[i % drills.Count], (i / drills.Count) + 1);
            if (WhyStop(drill) is { } why)
            {
                SkipFrom(i, why);
                return;
            }

            await _platform.ScaleAsync(drill.TimeScale, new Telling<PlatformProgress>(p => Say(i + 1, drill.Name, p.Text)), cancellationToken);
            if (i > 0 && await _platform.SettleAsync(text => Say(i + 1, drill.Name, text), cancellationToken) is { } trouble)
            {
                Notes.Add(FormattableString.Invariant($"Before {drill.Name} (round {round}): {trouble}."));
            }

            await RunAsync(i + 1, drill, round, cancellationToken);
        }
    }

    private string? WhyStop(Drill next)
    {
        if (Runs is [.., { ExitCode: 130 }])
        {
            return "stopped by its operator";
        }

        if (options.FailFast && Runs is [.., { ExitCode: not 0 } failed])
        {
            return FormattableString.Invariant($"--fail-fast: {failed.Drill} ended with {failed.ExitCode}");
        }

        // As long as it took the last time, if it was run before.
        var expected = Runs.FindLast(r => r.Drill == next.Name) is { } before ? TimeSpan.FromSeconds(before.Seconds) : next.Traffic.Warmup + next.Duration + Around;
        var left = options.Budget - (clock.GetUtcNow() - _started);
        return expected > left
            ? FormattableString.Invariant($"--budget {Durations.Format(options.Budget!.Value)}: {next.Name} takes some {expected.TotalSeconds:0} s, and {Math.Max(0, left.Value.TotalSeconds):0} s are left")
            : null;
    }

    private async Task RunAsync(int number, Drill drill, int round, CancellationToken cancellationToken)
    {
        var name = FormattableString.Invariant($"{number:00}-{drill.Name}");
        var outcome = await DrillSession.RunAsync(
            drill,
            new DrillSessionOptions
            {
                Platform = _platform.Options,
                ReportFolder = Path.Combine(folder, name),
                Seed = options.Seed + round - 1,
                Settings = options.Settings,
                Cli = options.Cli,
            },
            new Telling<DrillProgress>(p => Say(number, drill.Name, $"{PhaseNames.Of(p.Phase)}: {p.Text}")),
            clock,
            cancellationToken);
        var run = RunResult.Of(outcome.Record, name, round);
        Runs.Add(run);
        progress?.Report(new CampaignProgress(number, Count, drill.Name, run.Status, run));
    }

    private async Task<IReadOnlyList<string>> ListRulesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _platform.ListAlertRulesAsync(cancellationToken);
        }
        catch (HttpRequestException e)
        {
            Notes.Add($"The alert rules could not be listed, so rules that never fired are missing here: {e.Message}");
            return [];
        }
    }

    private void SkipFrom(int first, string why)
    {
        for (var i = first; i < Count; i++)
        {
            var one = new SkippedRun(drills[i % drills.Count].Name, (i / drills.Count) + 1, why);
            Skipped.Add(one);
            progress?.Report(new CampaignProgress(i + 1, Count, one.Drill, why, Skipped: one));
        }
    }

    private void Say(int number, string drill, string text) => progress?.Report(new CampaignProgress(number, Count, drill, text));
}

/// <summary>Progress that is handled at once and in order, unlike <see cref="Progress{T}"/>'s.</summary>
internal sealed class Telling<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}

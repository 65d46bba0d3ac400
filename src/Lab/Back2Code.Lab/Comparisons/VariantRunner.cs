using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Comparisons;

/// <summary>How the runs of a comparison or a sweep are made.</summary>
public sealed record VariantOptions
{
    public required PlatformOptions Platform { get; init; }

    /// <summary>Folder of the report and of every run's; null makes one under <c>reports/</c> beside topology.yaml.</summary>
    public string? Folder { get; init; }

    public int Seed { get; init; } = 1;

    public CommandLine Cli { get; init; } = CommandLine.Own;
}

/// <summary>
/// Runs one drill again and again with different settings. Where a setting changes the environment of processes, every run begins on a platform that was just
/// started, changed or not: a process that has warmed up is another thing than one that has not.
/// </summary>
/// <param name="drill">As its file has it.</param>
/// <param name="fresh">Whether any run changes an environment.</param>
internal sealed class VariantRunner(Drill drill, VariantOptions options, string folder, bool fresh, IProgress<CampaignProgress>? progress, TimeProvider clock) : IAsyncDisposable
{
    private readonly SharedPlatform _platform = new(options.Platform.With(drill.TimeScale), options.Cli, clock);
    private bool _started;

    public List<string> Notes { get; } = [];

    /// <param name="number">Of the run, from 1, of <paramref name="count"/>.</param>
    /// <param name="name">Of the folder of its report.</param>
    /// <exception cref="LabException">The platform cannot be started.</exception>
    public async Task<RunResult> RunAsync(int number, int count, string name, DrillSettings settings, int seed, CancellationToken cancellationToken)
    {
        var title = settings.Texts.Count == 0 ? drill.Name : $"{drill.Name} with {string.Join(" ", settings.Texts)}";
        await PrepareAsync(settings, text => progress?.Report(new CampaignProgress(number, count, title, text)), cancellationToken);
        var outcome = await DrillSession.RunAsync(
            settings.ApplyTo(drill),
            new DrillSessionOptions
            {
                Platform = _platform.Options,
                ReportFolder = Path.Combine(folder, name),
                Seed = seed,
                Settings = settings.Texts,
                Cli = options.Cli,
            },
            new Telling<DrillProgress>(p => progress?.Report(new CampaignProgress(number, count, title, $"{PhaseNames.Of(p.Phase)}: {p.Text}"))),
            clock,
            cancellationToken);
        var run = RunResult.Of(outcome.Record, name, round: 1);
        progress?.Report(new CampaignProgress(number, count, title, run.Status, run));
        return run;
    }

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    private async Task PrepareAsync(DrillSettings settings, Action<string> say, CancellationToken cancellationToken)
    {
        var telling = new Telling<PlatformProgress>(p => say(p.Process is { } process ? $"{process}: {p.Text}" : p.Text));
        if (fresh)
        {
            await _platform.RestartAsync(settings.Environment, telling, cancellationToken);
        }
        else if (!_started)
        {
            await _platform.StartAsync(telling, cancellationToken);
        }

        _started = true;
        if (await _platform.SettleAsync(say, cancellationToken) is { } trouble)
        {
            Notes.Add($"Before a run: {trouble}.");
        }
    }
}

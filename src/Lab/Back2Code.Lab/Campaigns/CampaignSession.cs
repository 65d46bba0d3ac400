using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports.Proof;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Campaigns;

/// <summary>How a campaign is to be run.</summary>
public sealed record CampaignOptions
{
    public required PlatformOptions Platform { get; init; }

    /// <summary>Folder of the scorecard and of every drill's report; null makes one under <c>reports/</c> beside topology.yaml.</summary>
    public string? Folder { get; init; }

    /// <summary>Of the first round; each further round has the next one.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How often every drill is run.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>Play nothing more after the first drill that does not complete.</summary>
    public bool FailFast { get; init; }

    /// <summary>A drill that would not end within this time is not begun; null for no limit.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Already applied to the drills; each report keeps them.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    public CommandLine Cli { get; init; } = CommandLine.Own;
}

/// <summary>What a campaign has to say.</summary>
/// <param name="Number">Of the run, from 1; 0 before the first.</param>
/// <param name="Done">Set on the last message about a run.</param>
public sealed record CampaignProgress(int Number, int Count, string Drill, string Text, RunResult? Done = null, SkippedRun? Skipped = null);

/// <summary>A campaign and where its files are.</summary>
public sealed record CampaignOutcome(Campaign Campaign, string Folder);

/// <summary>Runs drills one after the other on one platform, each with its own report, and keeps the score.</summary>
public static class CampaignSession
{
    /// <exception cref="LabException">The folder cannot be made; nothing was run.</exception>
    public static async Task<CampaignOutcome> RunAsync(
        IReadOnlyList<Drill> drills, CampaignOptions options, IProgress<CampaignProgress>? progress, TimeProvider clock, CancellationToken cancellationToken)
    {
        var started = clock.GetUtcNow();
        var folder = CampaignFolder.Create(options.Folder, Path.Combine(options.Platform.Home, "reports"), "campaign", started);
        await using var player = new CampaignPlayer(drills, options, folder, progress, clock);
        await player.PlayAsync(cancellationToken);
        var campaign = new Campaign
        {
            Product = ReportManifest.CurrentProduct,
            StartedAt = started,
            EndedAt = clock.GetUtcNow(),
            Seed = options.Seed,
            Repeat = options.Repeat,
            Processors = Environment.ProcessorCount,
            Runs = player.Runs,
            Skipped = player.Skipped,
            Interrupted = player.IsInterrupted,
            Obstacle = player.Obstacle,
            Notes = player.Notes,
            AlertRules = player.Rules,
        };
        return new CampaignOutcome(campaign, folder);
    }
}

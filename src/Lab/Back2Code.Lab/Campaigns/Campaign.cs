using System.Text.Encodings.Web;
using System.Text.Json;
using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Campaigns;

/// <summary>Several drills on one platform, one after the other: <c>campaign.json</c>. Everything that is said of it is computed from <see cref="Runs"/>.</summary>
public sealed record Campaign
{
    public const string FileName = "campaign.json";

    private static readonly int[] WorstFirst = [130, 5, 4, 3, 2, 1];

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Of this file; a reader refuses what it does not know.</summary>
    public int Version { get; init; } = 1;

    public required string Product { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    public int Seed { get; init; }

    public int Repeat { get; init; } = 1;

    public int Processors { get; init; }

    public IReadOnlyList<RunResult> Runs { get; init; } = [];

    /// <summary>Drills that were not played, and why.</summary>
    public IReadOnlyList<SkippedRun> Skipped { get; init; } = [];

    /// <summary>What a reader should know: a platform that had to be started again, alert rules that could not be listed.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Every alert rule that Prometheus had, whether it fired or not.</summary>
    public IReadOnlyList<string> AlertRules { get; init; } = [];

    public IReadOnlyList<AlertScore> Alerts => AlertScore.Of(Runs, AlertRules);

    public IReadOnlyList<DrillScore> Drills => [.. Runs.GroupBy(r => r.Drill).Select(g => DrillScore.Of(g.Key, [.. g]))];

    public Distribution? Mttd => Distribution.Of(Runs.Where(r => r.IsJudged).Select(r => r.MttdSeconds));

    public Distribution? Mttr => Distribution.Of(Runs.Where(r => r.IsJudged).Select(r => r.MttrSeconds));

    /// <summary>All runs together, in shares of the 30-day error budget.</summary>
    public double BudgetRatio => Runs.Sum(r => r.BudgetRatio ?? 0);

    /// <summary>Ended by its operator, be it between two drills.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Why there was no platform to play on, or not any more; null when there was.</summary>
    public string? Obstacle { get; init; }

    /// <summary>130 when it was interrupted, else the worst of its runs, 3 without a platform; 6 when all of them completed but not all were played.</summary>
    public int ExitCode => Interrupted ? 130 : WorstFirst.FirstOrDefault(
        code => Runs.Any(r => r.ExitCode == code) || (code == NoPlatform && Obstacle is not null), Skipped.Count > 0 ? Incomplete : 0);

    // As of one drill that had none.
    private const int NoPlatform = 3;

    public const int Incomplete = 6;

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>Reads an earlier campaign from its folder or its file.</summary>
    /// <exception cref="CampaignException">There is none, or it is not one.</exception>
    public static Campaign Read(string folderOrFile)
    {
        var path = Directory.Exists(folderOrFile) ? Path.Combine(folderOrFile, FileName) : folderOrFile;
        try
        {
            var campaign = JsonSerializer.Deserialize<Campaign>(File.ReadAllText(path), Format) ?? throw new JsonException("it is null");
            return campaign.Version == 1 ? campaign : throw new CampaignException($"{path} has version {campaign.Version}; this Back2Code knows version 1.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CampaignException($"{path} is no campaign that can be read: {e.Message}", e);
        }
    }
}

/// <summary>A drill that was not played.</summary>
public sealed record SkippedRun(string Drill, int Round, string Why);

/// <summary>One drill over all its runs in a campaign.</summary>
/// <param name="Passed">Runs that met every objective.</param>
/// <param name="Missed">Names of objectives that were missed, with the number of runs.</param>
public sealed record DrillScore(
    string Drill, int Runs, int Passed, IReadOnlyDictionary<string, int> Missed, Distribution? Mttd, Distribution? Signal, Distribution? Mttr, Distribution? FailedRatio, Distribution? P99Ms, Distribution? Budget)
{
    public static DrillScore Of(string drill, IReadOnlyList<RunResult> runs)
    {
        // Figures of a run that was not played to its end measure something else.
        var judged = runs.Where(r => r.IsJudged).ToList();
        return new DrillScore(
            drill,
            runs.Count,
            runs.Count(r => r.ExitCode == 0),
            runs.SelectMany(r => r.Objectives).Where(o => !o.Met).CountBy(o => o.Name).ToDictionary(),
            Distribution.Of(judged.Select(r => r.MttdSeconds)),
            Distribution.Of(judged.Select(r => r.UsersNotice ? null : r.SignalSeconds)),
            Distribution.Of(judged.Select(r => r.MttrSeconds)),
            Distribution.Of(judged.Select(r => r.FailedRatio)),
            Distribution.Of(judged.Select(r => r.P99Ms)),
            Distribution.Of(judged.Select(r => r.BudgetRatio)));
    }
}

/// <summary>A campaign cannot be read; the message is complete for the person at the terminal.</summary>
public sealed class CampaignException(string message, Exception? cause = null) : Exception(message, cause);

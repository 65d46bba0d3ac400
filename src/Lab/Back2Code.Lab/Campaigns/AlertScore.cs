using System.IO.Enumeration;

namespace Back2Code.Lab.Campaigns;

/// <summary>How one alert rule did over the runs of a campaign. A rule counts once a run, however often it fired.</summary>
/// <param name="Expected">Runs that expected it and got it.</param>
/// <param name="Allowed">Runs in which it fired and was allowed to.</param>
/// <param name="Wrong">Runs in which it fired although the drill neither expects nor allows it.</param>
/// <param name="Missed">Runs that expected it and were not told.</param>
/// <param name="False">Runs in which it fired although it is forbidden, or nothing was broken, or users were promised to notice nothing.</param>
public sealed record AlertScore(string Rule, int Expected, int Allowed, int Wrong, int Missed, int False)
{
    /// <summary>Fired where a drill expects or allows it.</summary>
    public int Right => Expected + Allowed;

    /// <summary>Of the runs in which it fired, the share in which that was right; null when it never fired.</summary>
    public double? Precision => Right + Wrong + False is var fired and > 0 ? (double)Right / fired : null;

    /// <summary>Of the runs that expected it, the share that got it; null when none did.</summary>
    public double? Recall => Expected + Missed is var wanted and > 0 ? (double)Expected / wanted : null;

    /// <param name="runs">Only those that were played to their end are counted.</param>
    /// <param name="rules">Rules that exist; those that nothing expects and that never fire have a line of zeros.</param>
    public static IReadOnlyList<AlertScore> Of(IEnumerable<RunResult> runs, IEnumerable<string> rules)
    {
        var judged = runs.Where(run => run.IsJudged).ToList();
        var names = judged.SelectMany(run => run.Alerts.Select(a => a.Name).Append(run.ExpectedAlert)).OfType<string>().Concat(rules).Distinct().Order(StringComparer.Ordinal);
        return [.. names.Select(rule => judged.Aggregate(new AlertScore(rule, 0, 0, 0, 0, 0), (score, run) => score.Add(run)))];
    }

    private AlertScore Add(RunResult run)
    {
        var firings = run.Alerts.Where(a => a.Name == Rule).ToList();
        if (run.ExpectedAlert == Rule)
        {
            // Fired and told to nobody is as good as not fired.
            return firings.Exists(a => a.Received) ? this with { Expected = Expected + 1 } : this with { Missed = Missed + 1 };
        }

        return firings switch
        {
            [] => this,
            _ when !run.Breaks || Matches(run.AlertsForbidden) || (!run.UsersNotice && firings.Exists(a => a.ConcernsUsers)) => this with { False = False + 1 },
            _ when Matches(run.AlertsAllowed) => this with { Allowed = Allowed + 1 },
            _ => this with { Wrong = Wrong + 1 },
        };
    }

    private bool Matches(IReadOnlyList<string> patterns) => patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, Rule, ignoreCase: false));
}

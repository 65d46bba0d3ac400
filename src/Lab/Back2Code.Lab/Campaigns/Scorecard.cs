using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Campaigns;

/// <summary>A campaign in words and in cells of a table, for the terminal and for the page.</summary>
public static class Scorecard
{
    public static string Title(Campaign campaign) =>
        FormattableString.Invariant($"{campaign.Drills.Count} drills, {campaign.Runs.Count} runs: {campaign.Runs.Count(r => r.ExitCode == 0)} completed");

    public static string Verdict(Campaign campaign, BaselineComparison? baseline)
    {
        var others = campaign.Runs.Where(r => r.ExitCode != 0).GroupBy(r => r.Status).Select(g => FormattableString.Invariant($"{g.Count()} {g.Key}")).ToList();
        var injections = campaign.Runs.Sum(r => r.Injections);
        var text = (others.Count == 0 ? "Every objective was met." : $"{string.Join(", ", others)}.")
            + (campaign.Skipped.Count > 0 ? FormattableString.Invariant($" {campaign.Skipped.Count} not played.") : "")
            + FormattableString.Invariant($" {campaign.Runs.Sum(r => r.Receipts)} of {injections} injections were seen on their targets; {campaign.Runs.Sum(r => r.Lost ?? 0)} of {campaign.Runs.Sum(r => r.Acknowledged ?? 0):#,0} acknowledged writes lost; {ReportTime.Percent(campaign.BudgetRatio)} of a 30-day error budget burnt.");
        return baseline is null ? text : text + (baseline.Regressions.Count == 0 ? " Nothing is worse than in the baseline." : FormattableString.Invariant($" {baseline.Regressions.Count} things are worse than in the baseline."));
    }

    public static string Name(RunResult run) => run.Round == 1 ? run.Drill : FormattableString.Invariant($"{run.Drill} (round {run.Round})");

    /// <summary>Drill, status, MTTD or warning, MTTR, failed, p99, budget, seconds.</summary>
    public static IReadOnlyList<string> Row(RunResult run) =>
    [
        Name(run),
        run.ExitCode == 1 ? $"missed {string.Join(", ", run.Objectives.Where(o => !o.Met).Select(o => o.Name))}" : run.Status,
        run.UsersNotice ? Seconds(run.MttdSeconds) : run.SignalSeconds is null ? "–" : $"({Seconds(run.SignalSeconds)})",
        Seconds(run.MttrSeconds),
        run.FailedRatio is { } ratio ? ReportTime.Percent(Math.Round(ratio, 5)) : "–",
        ReportTime.Milliseconds(run.P99Ms),
        run.BudgetRatio is { } budget ? ReportTime.Percent(Math.Round(budget, 6)) : "–",
        FormattableString.Invariant($"{run.Seconds:0} s"),
    ];

    /// <summary>Rule, expected and told, allowed, wrong, missed, false, precision, recall.</summary>
    public static IReadOnlyList<string> Row(AlertScore score) =>
    [
        score.Rule, Number(score.Expected), Number(score.Allowed), Number(score.Wrong), Number(score.Missed), Number(score.False), Share(score.Precision), Share(score.Recall),
    ];

    /// <summary>"2.31 s (1.90 to 2.80)"; a dash when there is none.</summary>
    public static string Text(Distribution? times) => times is not { } d ? "–"
        : d.Count == 1 ? FormattableString.Invariant($"{d.Median:0.00} s")
        : FormattableString.Invariant($"median {d.Median:0.00} s ({d.Minimum:0.00} to {d.Maximum:0.00}) over {d.Count} runs");

    private static string Seconds(double? value) => value is { } v ? FormattableString.Invariant($"{v:0.00} s") : "–";

    private static string Number(int value) => value == 0 ? "·" : FormattableString.Invariant($"{value}");

    private static string Share(double? value) => value is { } v ? FormattableString.Invariant($"{v * 100:0} %") : "–";
}

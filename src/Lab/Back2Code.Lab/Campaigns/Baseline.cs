using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Campaigns;

/// <summary>Something that is worse than in an earlier campaign.</summary>
/// <param name="What">The figure, the objective, or the alert rule.</param>
public sealed record Regression(string Drill, string What, double? Before, double? Now, double? Tolerance, string Text);

/// <summary>A campaign beside an earlier one.</summary>
/// <param name="Notes">What could not be compared.</param>
public sealed record BaselineComparison(string Baseline, IReadOnlyList<Regression> Regressions, IReadOnlyList<string> Notes);

/// <summary>
/// Compares a campaign with an earlier one. A figure has become worse when its median exceeds the earlier median by more than the largest of
/// a floor below which a lab that looks once a second cannot tell, a quarter of the earlier median, and three times the spread of either campaign's runs.
/// An objective that was always met and is missed now is a regression at once, and so is a rule that was never missed or never false and is now.
/// </summary>
public static class Baseline
{
    /// <summary>Share of the earlier median. Ten drills with five figures each: a tighter one would cry wolf in every campaign.</summary>
    public const double Share = 0.25;

    public const double Spreads = 3;

    private static readonly (string Name, Func<RunResult, double?> Of, double Floor, Func<double, string> Text)[] Figures =
    [
        // A scrape, an evaluation and a look of the engine, a second or less each.
        ("mttd", r => r.MttdSeconds, 1, Seconds),
        ("signal", r => r.UsersNotice ? null : r.SignalSeconds, 1, Seconds),
        ("mttr", r => r.MttrSeconds, 1.5, Seconds),

        // The sooner a drill ends, the larger the share of its failures.
        ("failedRatio", r => r.FailedRatio, 0.03, Percent),
        ("p99", r => r.P99Ms, 150, v => FormattableString.Invariant($"{v:0} ms")),
        ("budget", r => r.BudgetRatio, 0.0005, Percent),
    ];

    public static BaselineComparison Compare(string name, Campaign baseline, Campaign now)
    {
        var regressions = new List<Regression>();
        var notes = new List<string>();
        foreach (var group in now.Runs.GroupBy(r => r.Drill))
        {
            var before = baseline.Runs.Where(r => r.Drill == group.Key).ToList();
            if (before.Count == 0)
            {
                notes.Add($"{group.Key} is not in the baseline.");
                continue;
            }

            if (before.Select(r => r.FileSha256).Concat(group.Select(r => r.FileSha256)).Distinct().Count() > 1)
            {
                notes.Add($"{group.Key} has changed since the baseline: its figures are compared all the same.");
            }

            regressions.AddRange(Verdicts(group.Key, before, [.. group]));
            regressions.AddRange(Values(group.Key, before, [.. group]));
        }

        regressions.AddRange(Rules(baseline, now));
        notes.AddRange(baseline.Runs.Select(r => r.Drill).Distinct().Except(now.Runs.Select(r => r.Drill)).Select(drill => $"{drill} is in the baseline and was not run."));
        return new BaselineComparison(name, regressions, notes);
    }

    private static IEnumerable<Regression> Verdicts(string drill, List<RunResult> before, List<RunResult> now)
    {
        if (before.TrueForAll(r => r.IsJudged) && now.Find(r => !r.IsJudged) is { } broken)
        {
            yield return new Regression(drill, "status", null, null, null, $"{drill} ended {broken.Status} ({broken.Reason}), which it never did in the baseline");
        }

        var met = before.SelectMany(r => r.Objectives).GroupBy(o => o.Name).Where(g => g.All(o => o.Met)).Select(g => g.Key).ToHashSet();
        foreach (var missed in now.SelectMany(r => r.Objectives).Where(o => !o.Met && met.Contains(o.Name)).GroupBy(o => o.Name))
        {
            yield return new Regression(drill, missed.Key, null, missed.Max(o => o.Measured), null, $"{drill} missed {missed.Key}, which the baseline always met");
        }
    }

    private static IEnumerable<Regression> Values(string drill, List<RunResult> before, List<RunResult> now)
    {
        foreach (var figure in Figures)
        {
            double[] then = [.. before.Where(r => r.IsJudged).Select(figure.Of).OfType<double>()];
            double[] today = [.. now.Where(r => r.IsJudged).Select(figure.Of).OfType<double>()];
            var runs = now.Count(r => r.IsJudged);
            if (then.Length > 0 && then.Length == before.Count(r => r.IsJudged) && today.Length < runs)
            {
                // A run that never recovered has no time to recover; leaving it out would make the median better.
                yield return new Regression(drill, figure.Name, Quantiles.Median(then), null, null, FormattableString.Invariant($"{drill}: {runs - today.Length} of {runs} runs have no {figure.Name}, which every run of the baseline had"));
            }

            if (then.Length == 0 || today.Length == 0)
            {
                continue;
            }

            var (old, current) = (Quantiles.Median(then), Quantiles.Median(today));
            var tolerance = Math.Max(Math.Max(figure.Floor, Share * old), Spreads * Math.Max(Quantiles.Spread(then), Quantiles.Spread(today)));
            if (current > old + tolerance)
            {
                yield return new Regression(drill, figure.Name, old, current, tolerance, $"{drill}: {figure.Name} was {figure.Text(old)} and is {figure.Text(current)}, more than {figure.Text(tolerance)} above");
            }
        }
    }

    private static IEnumerable<Regression> Rules(Campaign baseline, Campaign now)
    {
        // Only drills that both ran: a new drill may well find a rule that is wrong.
        var common = baseline.Runs.Select(r => r.Drill).Intersect(now.Runs.Select(r => r.Drill)).ToHashSet();
        var then = AlertScore.Of(baseline.Runs.Where(r => common.Contains(r.Drill)), []).ToDictionary(s => s.Rule);
        foreach (var score in AlertScore.Of(now.Runs.Where(r => common.Contains(r.Drill)), []))
        {
            var before = then.GetValueOrDefault(score.Rule) ?? new AlertScore(score.Rule, 0, 0, 0, 0, 0);
            if (score.Missed > 0 && before.Missed == 0)
            {
                yield return new Regression("", score.Rule, before.Recall, score.Recall, null, FormattableString.Invariant($"{score.Rule} was missed {score.Missed} times and never in the baseline"));
            }

            if (score.False + score.Wrong > 0 && before.False + before.Wrong == 0)
            {
                yield return new Regression("", score.Rule, before.Precision, score.Precision, null, FormattableString.Invariant($"{score.Rule} fired {score.False + score.Wrong} times where it should not, and never in the baseline"));
            }
        }
    }

    private static string Seconds(double value) => FormattableString.Invariant($"{value:0.00} s");

    private static string Percent(double value) => FormattableString.Invariant($"{value * 100:0.###} %");
}

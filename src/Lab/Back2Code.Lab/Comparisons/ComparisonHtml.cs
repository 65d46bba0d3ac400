using System.Globalization;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Comparisons;

/// <summary><c>comparison.html</c>.</summary>
public static class ComparisonHtml
{
    public static string Render(Comparison comparison)
    {
        var settings = string.Join(" ", comparison.Settings);
        var page = new HtmlPage($"{comparison.Drill} with {settings}");
        var shown = comparison.Effects.Any(e => e.Change is Change.Lower or Change.Higher);
        page.Head(
            $"Comparison · {comparison.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC",
            $"{comparison.Drill} with and without {settings}",
            shown ? "a difference" : "no difference shown",
            shown,
            FormattableString.Invariant($"{comparison.Pairs.Count(p => p.IsJudged)} pairs of runs with the same seed"));
        page.List(comparison.Verdict);
        page.Section("Figures", "Means over the pairs. The interval holds the true difference in about 95 of 100 such comparisons, where the differences of the pairs are spread evenly about their mean, and in fewer where a few of them are extreme (percentile bootstrap over pairs, widened for their small number). Cliff's delta is −1 when every run with the setting lies below every run without it. The last column is the exact sign test. Five figures are looked at, so one in four comparisons of a setting that does nothing shows something somewhere.");
        page.Table(["figure", "#without", "#with", "#difference", "#95 %", "#Cliff's delta", "#95 %", "#pairs lower", "#sign test"], comparison.Effects.Select(Row));
        page.Section("Pairs", "In the order in which they were run. A click leads to the report of a run.");
        page.Verbatim("<div class=\"scroll\"><table><thead><tr><th>run</th><th>seed</th><th></th><th class=\"num\">detected</th><th class=\"num\">recovered</th><th class=\"num\">failed</th><th class=\"num\">p99</th><th class=\"num\">budget</th></tr></thead><tbody>\n");
        foreach (var run in comparison.Pairs.SelectMany(p => p.WithFirst ? new[] { p.With, p.Without } : [p.Without, p.With]))
        {
            page.Raw($"<tr><td><a href=\"{run.Report}/report.html\">{run.Report}</a></td><td class=\"num\">{run.Seed}</td><td>{run.Status}</td><td class=\"num\">{Number(run.UsersNotice ? run.MttdSeconds : run.SignalSeconds)} s</td><td class=\"num\">{Number(run.MttrSeconds)} s</td><td class=\"num\">{run.Failed} of {run.Requests}</td><td class=\"num\">{ReportTime.Milliseconds(run.P99Ms)}</td><td class=\"num\">{(run.BudgetRatio is { } b ? ReportTime.Percent(Math.Round(b, 6)) : "–")}</td></tr>");
        }

        page.Verbatim("</tbody></table></div>\n");
        if (comparison.Notes.Count > 0)
        {
            page.Raw($"<h2>Remarks</h2>");
            page.List(comparison.Notes);
        }

        page.Raw($"<footer>Version {comparison.Product}, seed {comparison.Seed}, {comparison.Processors} processors. <code>comparison.json</code> beside this file holds it all.</footer>");
        return page.Finish();
    }

    /// <summary>Figure, without, with, difference, interval, delta, interval, pairs lower, sign test.</summary>
    public static IReadOnlyList<string> Row(PairedEffect effect) =>
    [
        effect.Figure,
        $"{Number(effect.MeanWithout)} {effect.Unit}",
        $"{Number(effect.MeanWith)} {effect.Unit}",
        Number(effect.Difference),
        Text(effect.DifferenceInterval),
        Number(effect.Delta),
        Text(effect.DeltaInterval),
        FormattableString.Invariant($"{effect.Lower} of {effect.Pairs}"),
        FormattableString.Invariant($"{effect.SignTestP:0.####}"),
    ];

    private static string Text(Interval? interval) => interval is { } i ? $"[{Number(i.Low)}, {Number(i.High)}]" : "–";

    /// <summary>Four digits that mean something, whatever the size.</summary>
    private static string Number(double? value) => value is { } v ? v.ToString("G4", CultureInfo.InvariantCulture) : "–";
}

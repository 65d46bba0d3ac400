using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Statistics;

namespace Back2Code.Lab.Campaigns;

/// <summary><c>campaign.html</c>: the scorecard, with a link to each drill's report.</summary>
internal static class ScorecardHtml
{
    public static string Render(Campaign campaign, BaselineComparison? baseline)
    {
        var page = new HtmlPage($"Campaign of {campaign.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm}");
        var good = campaign.ExitCode == 0 && baseline is not { Regressions.Count: > 0 };
        page.Head($"Campaign of drills · {campaign.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC", Scorecard.Title(campaign), good ? "all met" : "not all met", good, Scorecard.Verdict(campaign, baseline));
        page.Section("Drills", "Each run with what was measured. A click leads to its report, whose figures `drill verify-report` computes again.");
        Runs(page, campaign);
        page.Section("Objectives", "Every objective of every run; measured must not exceed the bound.");
        page.Table(["drill", "objective", "#at most", "#measured", "", "detail"], campaign.Runs.SelectMany(r => r.Objectives.Select(o => new[]
        {
            Scorecard.Name(r), o.Name, ObjectiveJudge.Quantity(o.Target, o.Unit), o.Measured is { } m ? ObjectiveJudge.Quantity(m, o.Unit) : "–", o.Met ? "met" : "MISSED", o.Detail ?? "",
        })));
        page.Section("Times", "Over all runs that users noticed, and for each drill.");
        page.Table(["", "#runs", "#lowest", "#median", "#p95", "#highest"], Times(campaign));
        page.Section("Alert rules", "Right: fired where a drill expects or allows it. Wrong: fired where it does neither. Missed: expected, and monitoring was not told. False: fired where it is forbidden, where nothing was broken, or where users were to notice nothing. Precision is the right of all that fired, recall the told of all that were expected; a rule counts once a run.");
        page.Table(["rule", "#expected and told", "#allowed", "#wrong", "#missed", "#false", "#precision", "#recall"], campaign.Alerts.Select(Scorecard.Row));
        if (baseline is not null)
        {
            Against(page, baseline);
        }

        if (campaign.Skipped.Count + campaign.Notes.Count > 0)
        {
            page.Raw($"<h2>Remarks</h2>");
            page.List([.. campaign.Notes, .. campaign.Skipped.GroupBy(s => s.Why).Select(g => $"Not played: {string.Join(", ", g.Select(s => s.Drill).Distinct())}: {g.Key}.")]);
        }

        page.Raw($"<footer>Version {campaign.Product}, seed {campaign.Seed}, {campaign.Processors} processors, {(campaign.EndedAt - campaign.StartedAt).TotalMinutes:0.0} minutes. <code>campaign.json</code> beside this file holds it all for scripts and as a baseline.</footer>");
        return page.Finish();
    }

    private static void Runs(HtmlPage page, Campaign campaign)
    {
        page.Verbatim("<div class=\"scroll\"><table><thead><tr><th>drill</th><th></th><th class=\"num\">MTTD</th><th class=\"num\">MTTR</th><th class=\"num\">failed</th><th class=\"num\">p99</th><th class=\"num\">budget</th><th class=\"num\">took</th></tr></thead><tbody>\n");
        foreach (var run in campaign.Runs)
        {
            var row = Scorecard.Row(run);
            page.Raw($"<tr><td><a href=\"{run.Report}/report.html\">{row[0]}</a></td><td><span class=\"{(run.ExitCode == 0 ? "met" : "missed")}\">{row[1]}</span></td><td class=\"num\">{row[2]}</td><td class=\"num\">{row[3]}</td><td class=\"num\">{row[4]}</td><td class=\"num\">{row[5]}</td><td class=\"num\">{row[6]}</td><td class=\"num\">{row[7]}</td></tr>");
        }

        page.Verbatim("</tbody></table></div>\n");
    }

    private static IEnumerable<string[]> Times(Campaign campaign)
    {
        foreach (var (name, distribution) in new[] { ("MTTD, all", campaign.Mttd), ("MTTR, all", campaign.Mttr) }.Concat(campaign.Drills.SelectMany(d => new[] { ($"{d.Drill}: MTTD", d.Mttd), ($"{d.Drill}: warning", d.Signal), ($"{d.Drill}: MTTR", d.Mttr) })))
        {
            if (distribution is { } d)
            {
                yield return [name, FormattableString.Invariant($"{d.Count}"), Text(d.Minimum), Text(d.Median), Text(d.P95), Text(d.Maximum)];
            }
        }

        static string Text(double seconds) => FormattableString.Invariant($"{seconds:0.00} s");
    }

    private static void Against(HtmlPage page, BaselineComparison baseline)
    {
        page.Section("Beside the baseline", FormattableString.Invariant($"{baseline.Baseline}. A median has become worse when it exceeds the earlier one by more than a floor of its kind, {Baseline.Share * 100:0} % and {Baseline.Spreads:0} times the spread of the runs."));
        page.List(baseline.Regressions.Count == 0 ? ["Nothing is worse."] : [.. baseline.Regressions.Select(r => r.Text)]);
        page.List(baseline.Notes);
    }
}

using Back2Code.Lab.Reports;

namespace Back2Code.Lab.Comparisons;

/// <summary><c>sweep.html</c>: the trade-off as a plot and as a table.</summary>
public static class SweepHtml
{
    public static string Render(Sweep sweep)
    {
        var axes = string.Join(", ", sweep.Axes.Select(a => a.Key));
        var page = new HtmlPage($"{sweep.Drill} over {axes}");
        page.Head(
            $"Sweep · {sweep.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC",
            $"{sweep.Drill} over {axes}",
            FormattableString.Invariant($"{sweep.Pareto.Count} of {sweep.Points.Count}"),
            sweep.Pareto.Count > 0,
            sweep.Verdict);
        page.Raw($"<figure><figcaption>Availability against the 99th percentile of response times; the larger the mark, the higher the load. Filled marks, joined by a line where the load is the same, are the Pareto set.</figcaption>");
        page.Verbatim(new TradeOffChart(sweep).Render() + "</figure>\n");
        page.Raw($"<h2>Points</h2><p>Availability over all runs of a point together; p99, time to recover and budget are medians over its {sweep.Repeat} runs. Two points that differ by less than two runs of the same point do are not told apart by one run each.</p>");
        page.Table(["setting", "#load", "#availability", "#p99", "#MTTR", "#budget", "#runs", "Pareto set"], sweep.Points.Select((p, i) => Row(p, sweep.Pareto.Contains(i))));
        page.Section("Runs", "A click leads to the report of a run.");
        page.Verbatim("<ul>\n");
        foreach (var run in sweep.Points.SelectMany(p => p.Runs))
        {
            page.Raw($"<li><a href=\"{run.Report}/report.html\">{string.Join(" ", run.Settings)}</a>, seed {run.Seed}: {run.Status}</li>");
        }

        page.Verbatim("</ul>\n");
        if (sweep.Notes.Count > 0)
        {
            page.Raw($"<h2>Remarks</h2>");
            page.List(sweep.Notes);
        }

        page.Raw($"<footer>Version {sweep.Product}, seed {sweep.Seed}, {sweep.Processors} processors. <code>sweep.json</code> beside this file holds it all.</footer>");
        return page.Finish();
    }

    /// <summary>Setting, load, availability, p99, MTTR, budget, runs, Pareto.</summary>
    public static IReadOnlyList<string> Row(SweepPoint point, bool pareto) =>
    [
        string.Join(" ", point.Settings),
        FormattableString.Invariant($"{point.Rate} /s"),
        point.Availability is { } a ? ReportTime.Percent(Math.Round(a, 5)) : "–",
        ReportTime.Milliseconds(point.P99Ms),
        point.MttrSeconds is { } mttr ? FormattableString.Invariant($"{mttr:0.00} s") : "–",
        point.BudgetRatio is { } budget ? ReportTime.Percent(Math.Round(budget, 6)) : "–",
        FormattableString.Invariant($"{point.Runs.Count(r => r.IsJudged)}"),
        pareto ? "yes" : "",
    ];
}

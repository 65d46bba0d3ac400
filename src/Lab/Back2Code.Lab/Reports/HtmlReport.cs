using System.Globalization;
using System.Net;
using System.Text;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Reports;

/// <summary><c>report.html</c>: one file, no script, nothing loaded from anywhere.</summary>
internal sealed class HtmlReport
{
    private readonly DrillRecord record;
    private readonly DateTimeOffset reference;
    private readonly StringBuilder html = new();

    private HtmlReport(DrillRecord record)
    {
        this.record = record;
        reference = record.InjectedAt ?? record.StartedAt;
    }

    public static string Render(DrillRecord record) => new HtmlReport(record).Render();

    private string Render()
    {
        Raw($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{record.Drill.Name}: {SummaryJson.StatusName(record.Status)}</title>
            <style>
            """);
        html.Append(ReportStyle.Css).Append("</style>\n</head>\n<body>\n<main>\n");
        Head();
        Impact();
        Charts();
        TimelineSection();
        Signals();
        Section("What recovered it", Narrative.WhatRecovered(record));
        Ledger();
        Objectives();
        Receipts();
        Questions();
        Remarks();
        Raw($"<footer>Drill <code>{record.Drill.Name}</code>, seed {record.Seed}, from {ReportTime.Rfc3339(record.StartedAt)} to {ReportTime.Rfc3339(record.EndedAt)}. Figures come from the traffic generator's ledger and clock, from Prometheus and from the alerts' own timestamps; <code>summary.json</code> and <code>journal.json</code> beside this file hold them for scripts.</footer>");
        return html.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private void Head()
    {
        var good = record.Status == DrillStatus.Completed;
        Raw($"<header><p class=\"kicker\">Incident report of a drill · {record.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC</p><h1>{record.Drill.Experiment.Title}</h1>");
        Raw($"<div class=\"verdict\"><span class=\"badge {(good ? "good" : "bad")}\">{SummaryJson.StatusName(record.Status)}</span><strong>{Narrative.Verdict(record)}</strong></div>");
        if (record.Reason is { } reason)
        {
            Raw($"<p class=\"reason\">{reason}</p>");
        }

        Raw($"<p class=\"lead\">{record.Drill.Experiment.Description.Trim()}</p><ul class=\"facts\" aria-label=\"Summary\">");
        foreach (var fact in Facts.Of(record))
        {
            Raw($"<li class=\"{(fact.Good switch { true => "good", false => "bad", null => "" })}\"><span class=\"name\">{fact.Name}</span><span class=\"value\">{fact.Value}</span><span class=\"note\">{fact.Note ?? ""}</span></li>");
        }

        html.Append("</ul></header>\n");
    }

    private void Impact()
    {
        Section("Impact", Narrative.Impact(record) + (Narrative.Failures(record) is { } failures ? $" Outcomes: {failures}." : ""));
        if (record.Traffic?.ByJourney is not { Count: > 0 } journeys)
        {
            return;
        }

        Table(["journey", "#requests", "#failed", "#p50", "#p95", "#p99"], journeys.Where(j => j.Value.Total > 0).Select(j => new[]
        {
            j.Key, ReportTime.Count(j.Value.Total), ReportTime.Count(j.Value.Failed),
            ReportTime.Milliseconds(j.Value.LatencyMs.P50), ReportTime.Milliseconds(j.Value.LatencyMs.P95), ReportTime.Milliseconds(j.Value.LatencyMs.P99),
        }));
    }

    private void Charts()
    {
        var charts = ReportCharts.Of(record);
        if (charts.Count == 0)
        {
            return;
        }

        Raw($"<h2>Traffic</h2><p class=\"small\">Seconds from {(record.InjectedAt is null ? "the start of measuring" : "the injection")}. Each second holds the requests that were meant to be sent in it.</p>");
        foreach (var chart in charts)
        {
            Raw($"<figure><figcaption>{chart.Title}</figcaption>");
            html.Append(chart.Render()).Append("</figure>\n");
        }

        html.Append("<details><summary>The same as a table</summary>\n");
        Table(["UTC", "#sent", "#answered", "#failed", "#p50", "#p95", "#p99"], record.Seconds.Select(Row));
        html.Append("</details>\n");

        static string[] Row(TrafficSecond s) =>
        [
            ReportTime.Clock(s.At), ReportTime.Count(s.Sent), ReportTime.Count(s.Ok), ReportTime.Count(s.Failed),
            ReportTime.Milliseconds(s.P50Ms), ReportTime.Milliseconds(s.P95Ms), ReportTime.Milliseconds(s.P99Ms),
        ];
    }

    private void TimelineSection()
    {
        html.Append("<h2>Timeline</h2>\n<div class=\"scroll\"><table><thead><tr><th>UTC</th><th class=\"num\">from injection</th><th>what happened</th></tr></thead><tbody>\n");
        foreach (var entry in TimelineEntry.Of(record))
        {
            Raw($"<tr><td class=\"num\">{ReportTime.Clock(entry.At)}</td><td class=\"num\">{ReportTime.Offset(entry.At, reference)}</td><td><span class=\"dot {entry.Kind.ToString().ToLowerInvariant()}\"></span>{entry.Text}</td></tr>");
        }

        html.Append("</tbody></table></div>\n");
    }

    private void Signals()
    {
        Section("What detected it", Narrative.WhatDetected(record));
        if (record.Alerts.Count > 0)
        {
            Table(["alert", "severity", "#fired", "#at monitoring", "#resolved"], record.Alerts.Select(a => new[]
            {
                a.Instance is { } instance ? $"{a.Name} ({instance})" : a.Name, a.Severity ?? "–", At(a.FiredAt), At(a.ReceivedAt), At(a.ResolvedAt),
            }));
        }

        string At(DateTimeOffset? time) => time is { } t ? ReportTime.Offset(t, reference) : "–";
    }

    private void Ledger()
    {
        Section("Ledger", record.Ledger is { } ledger
            ? FormattableString.Invariant($"The generator noted {ledger.Acknowledged:#,0} writes that the platform had acknowledged. After recovery each was read back through the gateway, and its event was looked for in its owner's inbox: {ledger.Verified:#,0} verified, {ledger.Lost} lost, {ledger.Duplicated} duplicated, {ledger.Stale} stale.")
            : "The ledger was not verified, so nothing is known about lost writes.");
        if (record.Ledger is { Details.Count: > 0 } verdict)
        {
            Table(["finding", "user", "note", "what was found"], verdict.Details.Select(d => new[] { d.Kind, d.User, d.NoteId?.ToString() ?? "–", d.Text }));
        }
    }

    private void Objectives()
    {
        if (record.Objectives.Count == 0)
        {
            Section("Objectives", "Not judged: the drill was not played to its end.");
            return;
        }

        html.Append("<h2>Objectives</h2>\n<div class=\"scroll\"><table><thead><tr><th>objective</th><th class=\"num\">at most</th><th class=\"num\">measured</th><th></th></tr></thead><tbody>\n");
        foreach (var o in record.Objectives)
        {
            Raw($"<tr><td>{o.Name}</td><td class=\"num\">{ObjectiveJudge.Quantity(o.Target, o.Unit)}</td><td class=\"num\">{(o.Measured is { } m ? ObjectiveJudge.Quantity(m, o.Unit) : "–")}</td><td><span class=\"{(o.Met ? "met" : "missed")}\">{(o.Met ? "met" : "missed")}</span> <small>{o.Detail ?? ""}</small></td></tr>");
        }

        html.Append("</tbody></table></div>\n");
    }

    private void Receipts()
    {
        html.Append("<h2>Injection receipts</h2>\n");
        if (record.Receipts.Count == 0)
        {
            Raw($"<p>None: nothing was injected.</p>");
            return;
        }

        html.Append("<p class=\"small\">What was seen on the target, never what was asked for.</p>\n");
        Table(["fault", "target", "#injected", "seen", "undone"], record.Receipts.Select(r => new[]
        {
            r.Type, r.Target, ReportTime.Clock(r.InjectedAt), $"{(r.Observed ? "" : "NOT OBSERVED. ")}{string.Join("; ", r.Observations)}", Undone(r),
        }));

        string Undone(Receipt receipt) => record.Undone.Find(u => u.FaultId == receipt.FaultId) is { } u
            ? $"{ReportTime.Clock(u.UndoneAt)} {string.Join("; ", u.Observations)}"
            : "–";
    }

    private void Questions()
    {
        var (question, evidence) = Narrative.HumanDecision(record);
        Raw($"<h2>Three questions</h2><div class=\"question\"><h3>What failed?</h3><p>{Narrative.WhatFailed(record)}</p></div>");
        Raw($"<div class=\"question\"><h3>Which signal caught it?</h3><p>{Narrative.WhatDetected(record)}</p></div>");
        Raw($"<div class=\"question\"><h3>Which human decision mattered?</h3><p><strong>For you to answer.</strong> {question}</p><ul>");
        foreach (var line in evidence)
        {
            Raw($"<li>{line}</li>");
        }

        html.Append("</ul></div>\n");
    }

    private void Remarks()
    {
        if (record.Notes.Count == 0)
        {
            return;
        }

        html.Append("<h2>Remarks</h2><ul>\n");
        foreach (var note in record.Notes)
        {
            Raw($"<li>{note}</li>");
        }

        html.Append("</ul>\n");
    }

    private void Section(string title, string text) => Raw($"<h2>{title}</h2><p>{text}</p>");

    /// <summary>A heading that starts with # is of a column of numbers.</summary>
    private void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        html.Append("<div class=\"scroll\"><table><thead><tr>");
        foreach (var heading in headings)
        {
            Raw($"<th{new Markup(IsNumber(heading))}>{heading.TrimStart('#')}</th>");
        }

        html.Append("</tr></thead><tbody>\n");
        foreach (var row in rows)
        {
            html.Append("<tr>");
            for (var i = 0; i < headings.Count; i++)
            {
                Raw($"<td{new Markup(IsNumber(headings[i]))}>{row[i]}</td>");
            }

            html.Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");

        static string IsNumber(string heading) => heading.StartsWith('#') ? " class=\"num\"" : "";
    }

    /// <summary>Markup around values: every value is encoded, so nothing a service or a drill file says can become markup.</summary>
    private void Raw(FormattableString text) =>
        html.AppendFormat(CultureInfo.InvariantCulture, text.Format, [.. text.GetArguments().Select(static argument => argument is Markup markup ? markup.Text : (object)WebUtility.HtmlEncode(Convert.ToString(argument, CultureInfo.InvariantCulture) ?? ""))]).Append('\n');

    private sealed record Markup(string Text);
}

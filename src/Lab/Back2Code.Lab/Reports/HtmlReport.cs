using System.Globalization;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Traffic;

namespace Back2Code.Lab.Reports;

/// <summary><c>report.html</c>: one file, no script, nothing loaded from anywhere.</summary>
internal sealed class HtmlReport
{
    private readonly DrillRecord _record;
    private readonly DateTimeOffset _reference;
    private readonly HtmlPage _page;

    private HtmlReport(DrillRecord record)
    {
        this._record = record;
        _page = new HtmlPage($"{record.Drill.Name}: {SummaryJson.StatusName(record.Status)}");
        _reference = record.InjectedAt ?? record.StartedAt;
    }

    public static string Render(DrillRecord record) => new HtmlReport(record).Render();

    private string Render()
    {
        Head();
        Impact();
        Charts();
        TimelineSection();
        Signals();
        Section("What recovered it", Narrative.WhatRecovered(_record));
        Ledger();
        Objectives();
        Figures();
        Receipts();
        Questions();
        Lessons();
        Remarks();
        Raw($"<footer>Drill <code>{_record.Drill.Name}</code>, seed {_record.Seed}, from {ReportTime.Rfc3339(_record.StartedAt)} to {ReportTime.Rfc3339(_record.EndedAt)}. Figures come from the traffic generator's ledger and clock, from Prometheus and from the alerts' own timestamps; <code>summary.json</code> and <code>journal.json</code> beside this file hold them for scripts.</footer>");
        return _page.Finish();
    }

    private void Head()
    {
        var good = _record.Status == DrillStatus.Completed;
        Raw($"<header><p class=\"kicker\">Incident report of a drill · {_record.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC</p><h1>{_record.Drill.Experiment.Title}</h1>");
        Raw($"<div class=\"verdict\"><span class=\"badge {(good ? "good" : "bad")}\">{SummaryJson.StatusName(_record.Status)}</span><strong>{Narrative.Verdict(_record)}</strong></div>");
        if (_record.Reason is { } reason)
        {
            Raw($"<p class=\"reason\">{reason}</p>");
        }

        Raw($"<p class=\"lead\">{_record.Drill.Experiment.Description.Trim()}</p><ul class=\"facts\" aria-label=\"Summary\">");
        foreach (var fact in Facts.Of(_record))
        {
            Raw($"<li class=\"{(fact.Good switch { true => "good", false => "bad", null => "" })}\"><span class=\"name\">{fact.Name}</span><span class=\"value\">{fact.Value}</span><span class=\"note\">{fact.Note ?? ""}</span></li>");
        }

        _page.Verbatim("</ul></header>\n");
    }

    private void Impact()
    {
        Section("Impact", Narrative.Impact(_record) + (Narrative.Failures(_record) is { } failures ? $" Outcomes: {failures}." : ""));
        if (_record.Traffic?.ByJourney is not { Count: > 0 } journeys)
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
        var charts = ReportCharts.Of(_record);
        if (charts.Count == 0)
        {
            return;
        }

        Raw($"<h2>Traffic</h2><p class=\"small\">Seconds from {(_record.InjectedAt is null ? "the start of measuring" : "the injection")}. Each second holds the requests that were meant to be sent in it.</p>");
        foreach (var chart in charts)
        {
            Raw($"<figure><figcaption>{chart.Title}</figcaption>");
            _page.Verbatim(chart.Render() + "</figure>\n");
        }

        _page.Verbatim("<details><summary>The same as a table</summary>\n");
        Table(["UTC", "#sent", "#answered", "#failed", "#p50", "#p95", "#p99"], _record.Seconds.Select(Row));
        _page.Verbatim("</details>\n");

        static string[] Row(TrafficSecond s) =>
        [
            ReportTime.Clock(s.At), ReportTime.Count(s.Sent), ReportTime.Count(s.Ok), ReportTime.Count(s.Failed),
            ReportTime.Milliseconds(s.P50Ms), ReportTime.Milliseconds(s.P95Ms), ReportTime.Milliseconds(s.P99Ms),
        ];
    }

    private void TimelineSection()
    {
        _page.Verbatim("<h2>Timeline</h2>\n<div class=\"scroll\"><table><thead><tr><th>UTC</th><th class=\"num\">from injection</th><th>what happened</th></tr></thead><tbody>\n");
        foreach (var entry in TimelineEntry.Of(_record))
        {
            Raw($"<tr><td class=\"num\">{ReportTime.Clock(entry.At)}</td><td class=\"num\">{ReportTime.Offset(entry.At, _reference)}</td><td><span class=\"dot {entry.Kind.ToString().ToLowerInvariant()}\"></span>{entry.Text}</td></tr>");
        }

        _page.Verbatim("</tbody></table></div>\n");
    }

    private void Signals()
    {
        Section("What detected it", Narrative.WhatDetected(_record));
        if (_record.Alerts.Count > 0)
        {
            Table(["alert", "severity", "#fired", "#at monitoring", "#resolved"], _record.Alerts.Select(a => new[]
            {
                a.Instance is { } instance ? $"{a.Name} ({instance})" : a.Name, a.Severity ?? "–", At(a.FiredAt), At(a.ReceivedAt), At(a.ResolvedAt),
            }));
        }

        string At(DateTimeOffset? time) => time is { } t ? ReportTime.Offset(t, _reference) : "–";
    }

    private void Ledger()
    {
        Section("Ledger", _record.Ledger is { } ledger
            ? $"The generator noted every write that the platform acknowledged. After recovery each was read back through the gateway, and its event was looked for in its owner's inbox: {ledger.Describe()}."
            : "The ledger was not verified, so nothing is known about lost writes.");
        if (_record.Ledger is { Details.Count: > 0 } verdict)
        {
            Table(["finding", "user", "note", "what was found"], verdict.Details.Select(d => new[] { d.Kind, d.User, d.NoteId?.ToString() ?? "–", d.Text }));
        }
    }

    private void Objectives()
    {
        if (_record.Objectives.Count == 0)
        {
            Section("Objectives", "Not judged: the drill was not played to its end.");
            return;
        }

        _page.Verbatim("<h2>Objectives</h2>\n<div class=\"scroll\"><table><thead><tr><th>objective</th><th class=\"num\">at most</th><th class=\"num\">measured</th><th></th></tr></thead><tbody>\n");
        foreach (var o in _record.Objectives)
        {
            Raw($"<tr><td>{o.Name}</td><td class=\"num\">{ObjectiveJudge.Quantity(o.Target, o.Unit)}</td><td class=\"num\">{(o.Measured is { } m ? ObjectiveJudge.Quantity(m, o.Unit) : "–")}</td><td><span class=\"{(o.Met ? "met" : "missed")}\">{(o.Met ? "met" : "missed")}</span> <small>{o.Detail ?? ""}</small></td></tr>");
        }

        _page.Verbatim("</tbody></table></div>\n");
    }

    private void Figures()
    {
        if (_record.Figures.Count == 0)
        {
            return;
        }

        Section("Do the figures agree?", Narrative.Agreement(_record));
        Table(["figure", "#this report", "#Prometheus", "#difference", "", "query to paste"], _record.Figures.Select(f => new[]
        {
            $"{f.Name} ({f.Parts})", Number(f.Reported), Number(f.Recorded), f.Difference is { } d ? ReportTime.Percent(d) : "–", Narrative.Agrees(f), f.Query,
        }));

        static string Number(double? value) => value is { } v ? ReportTime.Count(v) : "–";
    }

    private void Receipts()
    {
        _page.Verbatim("<h2>Injection receipts</h2>\n");
        if (_record.Receipts.Count == 0)
        {
            Raw($"<p>None: nothing was injected.</p>");
            return;
        }

        _page.Verbatim("<p class=\"small\">What was seen on the target, never what was asked for.</p>\n");
        Table(["fault", "target", "#injected", "seen", "undone"], _record.Receipts.Select(r => new[]
        {
            r.Type, r.Target, ReportTime.Clock(r.InjectedAt), $"{(r.Observed ? "" : "NOT OBSERVED. ")}{string.Join("; ", r.Observations)}", Undone(r),
        }));

        string Undone(Receipt receipt) => _record.Undone.Find(u => u.FaultId == receipt.FaultId) is { } u
            ? $"{ReportTime.Clock(u.UndoneAt)} {string.Join("; ", u.Observations)}"
            : "–";
    }

    private void Questions()
    {
        var (question, evidence) = Narrative.HumanDecision(_record);
        Raw($"<h2>Three questions</h2><div class=\"question\"><h3>What failed?</h3><p>{Narrative.WhatFailed(_record)}</p></div>");
        Raw($"<div class=\"question\"><h3>Which signal caught it?</h3><p>{Narrative.WhatDetected(_record)}</p></div>");
        Raw($"<div class=\"question\"><h3>Which human decision mattered?</h3><p><strong>For you to answer.</strong> {question}</p><ul>");
        foreach (var line in evidence)
        {
            Raw($"<li>{line}</li>");
        }

        _page.Verbatim("</ul></div>\n");
    }

    private void Lessons()
    {
        var drill = _record.Drill;
        if (drill.Learn is { } learn)
        {
            Section("What there is to learn", learn);
        }

        if (drill.Prevent is { } prevent)
        {
            Section("What prevents it", prevent);
        }

        if (drill.Runbook is { } runbook)
        {
            Raw($"<p class=\"small\">Runbook: <a href=\"{Narrative.RunbookLink(_record)}\"><code>docs/runbooks/{runbook}</code></a></p>");
        }
    }

    private void Remarks()
    {
        if (_record.Notes.Count == 0)
        {
            return;
        }

        _page.Verbatim("<h2>Remarks</h2><ul>\n");
        foreach (var note in _record.Notes)
        {
            Raw($"<li>{note}</li>");
        }

        _page.Verbatim("</ul>\n");
    }

    private void Section(string title, string text) => _page.Section(title, text);

    private void Table(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows) => _page.Table(headings, rows);

    private void Raw(FormattableString text) => _page.Raw(text);
}

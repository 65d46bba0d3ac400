using System.Text;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports;

/// <summary><c>report.md</c>: the same facts as the HTML, for reading in a repository and pasting into a ticket.</summary>
internal static class MarkdownReport
{
    public static string Render(DrillRecord record)
    {
        var text = new StringBuilder();
        var reference = record.InjectedAt ?? record.StartedAt;
        Line($"# {record.Drill.Experiment.Title}");
        Line($"Drill `{record.Drill.Name}`, {record.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC, seed {record.Seed}. Status: **{SummaryJson.StatusName(record.Status)}**. {Narrative.Verdict(record)}");
        if (record.Reason is { } reason)
        {
            Line($"> {Flat(reason)}");
        }

        Line(Flat(record.Drill.Experiment.Description));
        Line("## Summary");
        Rows("| | |", "|---|---|", Facts.Of(record).Select(f => $"| {f.Name} | {f.Value} |"));
        Line("## Impact");
        Line(Narrative.Impact(record) + (Narrative.Failures(record) is { } failures ? $" Outcomes: {failures}." : ""));
        Line("## Timeline");
        Rows("| UTC | from injection | |", "|---|---:|---|", TimelineEntry.Of(record).Select(e => $"| {ReportTime.Clock(e.At)} | {ReportTime.Offset(e.At, reference)} | {Cell(e.Text)} |"));
        Line("## What detected it");
        Line(Narrative.WhatDetected(record));
        if (record.Alerts.Count > 0)
        {
            Rows("| alert | severity | fired | at monitoring | resolved |", "|---|---|---:|---:|---:|", record.Alerts.Select(a =>
                $"| {Cell(a.Name)}{(a.Instance is { } i ? $" ({Cell(i)})" : "")} | {a.Severity ?? "–"} | {At(a.FiredAt)} | {At(a.ReceivedAt)} | {At(a.ResolvedAt)} |"));
        }

        Line("## What recovered it");
        Line(Narrative.WhatRecovered(record));
        Line("## Ledger");
        Line(record.Ledger is { } ledger
            ? $"Each write that was acknowledged was asked for through the gateway afterwards, and its event in its owner's inbox: {ledger.Describe()}."
            : "The ledger was not verified.");
        if (record.Ledger is { Details.Count: > 0 } verdict)
        {
            Line(string.Join('\n', verdict.Details.Select(d => $"- {d.Kind}: {Flat(d.Text)} ({d.User}, note {d.NoteId?.ToString() ?? "–"})")));
        }

        Line("## Objectives");
        if (record.Objectives.Count == 0)
        {
            Line("Not judged: the drill was not played to its end.");
        }
        else
        {
            Rows("| objective | at most | measured | |", "|---|---:|---:|---|", record.Objectives.Select(o =>
                $"| {o.Name} | {ObjectiveJudge.Quantity(o.Target, o.Unit)} | {(o.Measured is { } m ? ObjectiveJudge.Quantity(m, o.Unit) : "–")} | {(o.Met ? "met" : "**missed**")}{(o.Detail is { } d ? $" – {Cell(d)}" : "")} |"));
        }

        if (record.Figures.Count > 0)
        {
            Line("## Do the figures agree?");
            Line(Narrative.Agreement(record));
            Rows("| figure | this report | Prometheus | difference | |", "|---|---:|---:|---:|---|", record.Figures.Select(f =>
                $"| {f.Name} ({Cell(f.Parts)}) | {Number(f.Reported)} | {Number(f.Recorded)} | {(f.Difference is { } d ? ReportTime.Percent(d) : "–")} | {Narrative.Agrees(f)} |"));
            Line("```promql\n" + string.Join('\n', record.Figures.Select(f => $"# {f.Name}\n{f.Query}")) + "\n```");
        }

        Line("## Injection receipts");
        Line(record.Receipts.Count == 0 ? "None: nothing was injected." : string.Join('\n', record.Receipts.Select(r =>
            $"- `{r.Type}` on `{r.Target}` at {ReportTime.Clock(r.InjectedAt)}, {(r.Observed ? "observed" : "**not observed**")}: {Flat(string.Join("; ", r.Observations))}")));
        Line("## Three questions");
        var (question, evidence) = Narrative.HumanDecision(record);
        Line($"**What failed?** {Narrative.WhatFailed(record)}");
        Line($"**Which signal caught it?** {Narrative.WhatDetected(record)}");
        Line($"**Which human decision mattered?** {question}");
        Line(string.Join('\n', evidence.Select(e => $"- {Flat(e)}")));
        if (record.Drill.Learn is { } learn)
        {
            Line("## What there is to learn");
            Line(Flat(learn));
        }

        if (record.Drill.Prevent is { } prevent)
        {
            Line("## What prevents it");
            Line(Flat(prevent));
        }

        if (record.Drill.Runbook is { } runbook)
        {
            Line($"Runbook: [docs/runbooks/{runbook}]({Narrative.RunbookLink(record)})");
        }

        if (record.Notes.Count > 0)
        {
            Line("## Remarks");
            Line(string.Join('\n', record.Notes.Select(n => $"- {Flat(n)}")));
        }

        return text.ToString().TrimEnd('\n') + "\n";

        void Line(string line) => text.Append(line).Append("\n\n");

        void Rows(string head, string rule, IEnumerable<string> rows) => text.Append(head).Append('\n').Append(rule).Append('\n').AppendJoin('\n', rows).Append("\n\n");

        static string Number(double? value) => value is { } v ? ReportTime.Count(v) : "–";

        string At(DateTimeOffset? time) => time is { } t ? ReportTime.Offset(t, reference) : "–";
    }

    private static string Flat(string text) => text.ReplaceLineEndings(" ").Trim();

    private static string Cell(string text) => Flat(text).Replace("|", "\\|", StringComparison.Ordinal);
}

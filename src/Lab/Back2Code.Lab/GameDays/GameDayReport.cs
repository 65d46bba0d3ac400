using System.Globalization;
using System.Text;
using System.Text.Json;
using Back2Code.Lab.Reports;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.Lab.GameDays;

/// <summary>Writes what a game day leaves behind: the revealed plan, the figures for scripts, the report for people, a line for the learner's journal.</summary>
internal static class GameDayReport
{
    private static readonly string[] Files = ["sealed.json", "gameday.json", "report.md", "ledger.jsonl"];

    public static async Task WriteAsync(GameDayRecord record, string folder, CancellationToken cancellationToken)
    {
        // Byte for byte what was hashed: `sha256sum sealed.json` prints what was promised.
        await File.WriteAllTextAsync(Path.Combine(folder, "sealed.json"), record.Plan.Text(), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "gameday.json"), Json(record) + "\n", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), Markdown(record), cancellationToken);
        await ReportManifest.WriteAsync(folder, Files, record.EndedAt, cancellationToken);
    }

    public static string Json(GameDayRecord record) => JsonSerializer.Serialize(
        new
        {
            record.Operator,
            record.Blind,
            record.StartedAt,
            record.EndedAt,
            record.Invalid,
            Commitment = record.Plan.Commitment(),
            record.Plan,
            Score = record.Score is not { } score ? null : new { score.Points, Rounds = score.Rounds.Select(r => new { r.Drill, r.Points, r.Lines }), score.Deductions },
            Rounds = record.Rounds.Select(r => new
            {
                Drill = r.Drill.Name,
                r.Drill.GameDay!.Component,
                r.Drill.GameDay.Causes,
                r.Drill.GameDay.Mitigation,
                r.InjectedAt,
                r.EndedAt,
                r.Receipts,
                Alerts = r.Alerts?.Select(a => new { a.Name, a.FiredAt, a.ReceivedAt, a.ResolvedAt }),
            }),
            record.Acts,
            Requests = record.Traffic is not { } traffic ? null : new { traffic.Total, traffic.Failed, traffic.FailedRatio },
            record.Ledger,
            record.Collateral,
            record.Controls,
            record.Notes,
        },
        GameDayJson.Indented);

    public static string Markdown(GameDayRecord record)
    {
        var text = new StringBuilder();
        Line($"# Game day of {record.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC: {(record.Score is { } s ? $"{s.Points} of 100 points" : "not scored")}");
        Line($"Operator {record.Operator}, {record.Plan.Rounds.Count} hidden fault{(record.Plan.Rounds.Count == 1 ? "" : "s")}{(record.Blind ? ", blind" : "")}. The plan was sealed as SHA-256 `{record.Plan.Commitment()}` before it began; `sha256sum sealed.json` prints the same.");
        if (record.Invalid is { } why)
        {
            Line($"> It proves nothing: {why}");
        }

        foreach (var round in record.Rounds)
        {
            Round(round);
        }

        if (record.Score is { Deductions.Count: > 0 } score)
        {
            Line("## For the whole day");
            Table(score.Deductions);
        }

        Line("## Users");
        Line(record.Traffic is { } traffic ? FormattableString.Invariant($"{traffic.Failed:#,0} of {traffic.Total:#,0} requests failed.") : "The traffic left no summary.");
        Line(record.Ledger is { } ledger ? $"Ledger: {ledger.Describe()}." : "The ledger was not verified.");
        Line("## What the operator did");
        Rows("| UTC | what | said |", "|---|---|---|", record.Acts.Where(a => a.Kind != OperatorActKind.WriteUp).Select(a =>
            $"| {ReportTime.Clock(a.At)} | {a.Kind.ToString().ToLowerInvariant()} | {Cell(string.Join(": ", new[] { a.Component, a.Cause, a.Text }.Where(t => !string.IsNullOrWhiteSpace(t))))} |"));
        if (record.Controls.Count > 0)
        {
            Rows("| UTC | control | of | it was |", "|---|---|---|---|", record.Controls.Select(c => $"| {ReportTime.Clock(c.At)} | {c.Kind} | {Cell(c.Target)} | {(c.WasReady ? "ready" : "not ready")} |"));
        }

        foreach (var writeUp in record.Acts.Where(a => a.Kind == OperatorActKind.WriteUp))
        {
            Line("## The write-up");
            Line(writeUp.Text ?? "");
        }

        if (record.Notes.Count > 0)
        {
            Line("## Remarks");
            Line(string.Join('\n', record.Notes.Select(n => $"- {n}")));
        }

        return text.ToString().TrimEnd('\n') + "\n";

        void Round(PlayedRound round)
        {
            var scenario = round.Drill.GameDay!;
            Line($"## {round.Drill.Experiment.Title}");
            Line($"Drill `{round.Drill.Name}`: {string.Join("; ", round.Receipts.SelectMany(r => r.Observations))}. Broken at {ReportTime.Clock(round.InjectedAt)}, taken back at {ReportTime.Clock(round.EndedAt)}.");
            Line($"It was **{scenario.Component}**, {scenario.Causes[0]}. What helps: {scenario.Mitigation}{(round.Drill.Runbook is { } runbook ? $" Runbook: `docs/runbooks/{runbook}`." : "")}");
            if (record.Score?.Rounds.FirstOrDefault(r => r.Drill == round.Drill.Name) is { } points)
            {
                Line($"**{points.Points} of 100 points.**");
                Table(points.Lines);
            }

            if (round.Alerts is { Count: > 0 } alerts)
            {
                Rows("| alert | after |", "|---|---|", alerts.OrderBy(a => a.FiredAt).Select(a => $"| {a.Name} | {ReportTime.Offset(a.FiredAt, round.InjectedAt)} |"));
            }
        }

        void Line(string line) => text.Append(line).Append("\n\n");

        void Table(IEnumerable<ScoreLine> lines) => Rows("| | points | of | |", "|---|--:|--:|---|", lines.Select(l => $"| {l.Name} | {l.Points} | {(l.Most == 0 ? "" : l.Most)} | {Cell(l.Why)} |"));

        void Rows(string head, string rule, IEnumerable<string> rows) => text.Append(head).Append('\n').Append(rule).Append('\n').AppendJoin('\n', rows).Append("\n\n");

        static string Cell(string value) => value.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal).Trim();
    }

    /// <summary>One line in <c>gamedays.md</c> of the journal folder, which is made when missing.</summary>
    public static async Task AppendToJournalAsync(GameDayRecord record, string journalFolder, string reportFolder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(journalFolder);
        var file = Path.Combine(journalFolder, "gamedays.md");
        var head = File.Exists(file) ? "" : "# Game days\n\n| UTC | operator | points | what it was | report |\n|---|---|--:|---|---|\n";
        var what = string.Join(", ", record.Rounds.Select(r => $"{r.Drill.Name} ({r.Drill.GameDay!.Component})"));
        await File.AppendAllTextAsync(
            file,
            $"{head}| {record.StartedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} | {record.Operator.Replace('|', '/')} | {record.Score?.Points.ToString(CultureInfo.InvariantCulture) ?? "–"} | {what} | {Path.GetRelativePath(journalFolder, reportFolder)} |\n",
            cancellationToken);
    }
}

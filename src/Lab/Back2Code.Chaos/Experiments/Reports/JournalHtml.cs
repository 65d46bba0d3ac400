using System.Globalization;
using System.Net;
using System.Text;

namespace Back2Code.Chaos.Experiments.Reports;

/// <summary>A journal as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.</summary>
public static class JournalHtml
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6675; --line: #d9dee6; --paper: #fff; --good: #1a7f4b; --bad: #b3261e; --bar: #3a6ea5; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa5b5; --line: #343c49; --paper: #14181f; --good: #58c08b; --bad: #ff8a80; --bar: #7fb2e5; } }
        body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } .soft { color: var(--soft); }
        table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
        .good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
        pre { overflow: auto; max-height: 24rem; padding: .8rem; border: 1px solid var(--line); border-radius: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg rect { fill: var(--bar); } svg rect.bad { fill: var(--bad); } svg line { stroke: var(--line); }
        """;

    public static string Write(JournalView journal)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{E(journal.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <h1>{E(journal.Title)}</h1>
            <p>{E(journal.Description)}</p>
            <table>

            """);
        foreach (var (label, value) in JournalText.Facts(journal))
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{E(label)}</th><td>{E(value)}</td></tr>\n");
        }

        page.Append("</table>\n");
        WriteTimeline(journal, page);
        WriteHypothesis(journal, page);
        WriteEntries("Method", journal.Run, "Nothing was run.", page);
        WriteEntries("Rollbacks", journal.Rollbacks, "No rollback was played.", page);
        return page.Append("</body>\n</html>\n").ToString();
    }

    /// <summary>What ran when, as bars over the time of the run.</summary>
    private static void WriteTimeline(JournalView journal, StringBuilder page)
    {
        var entries = JournalText.Checks(journal).SelectMany(c => c.State.Probes).Concat(journal.Run).Concat(journal.Rollbacks).Where(e => e.Start is not null).Take(200).ToList();
        if (entries.Count == 0)
        {
            return;
        }

        const double Labels = 260, Width = 940, Row = 22;
        var from = entries.Min(e => e.Start!.Value);
        var to = entries.Max(e => e.End ?? e.Start!.Value);
        var seconds = Math.Max(0.001, (to - from).TotalSeconds);
        double X(DateTimeOffset at) => Labels + (at - from).TotalSeconds / seconds * (Width - Labels - 10);
        page.Append(CultureInfo.InvariantCulture, $"<h2>Timeline</h2>\n<svg viewBox=\"0 0 {Width} {entries.Count * Row + 24}\" role=\"img\" aria-label=\"What ran when\">\n");
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            var (x, end) = (X(entry.Start!.Value), X(entry.End ?? to));
            var name = entry.Name.Length <= 38 ? entry.Name : entry.Name[..37] + "…";
            var isBad = entry.ToleranceMet == false || entry.Status == "failed";
            page.Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{i * Row + 15}\">{E(name)}</text><rect{(isBad ? " class=\"bad\"" : "")} x=\"{x:0.#}\" y=\"{i * Row + 4}\" width=\"{Math.Max(2, end - x):0.#}\" height=\"14\" rx=\"2\"><title>{E($"{entry.Name}: {JournalText.Took(entry)}")}</title></rect>\n");
        }

        var bottom = entries.Count * Row + 4;
        page.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Labels}\" y1=\"{bottom}\" x2=\"{Width - 10}\" y2=\"{bottom}\"/><text x=\"{Labels}\" y=\"{bottom + 16}\">0 s</text><text x=\"{Width - 10}\" y=\"{bottom + 16}\" text-anchor=\"end\">{E(JournalText.Duration(to - from))}</text>\n</svg>\n");
    }

    private static void WriteHypothesis(JournalView journal, StringBuilder page)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>Steady state hypothesis</h2>\n<p>{E(journal.Hypothesis ?? "None: the run was exploratory.")}</p>\n");
        foreach (var (label, state) in JournalText.Checks(journal))
        {
            page.Append(CultureInfo.InvariantCulture, $"<h3>{E(label)}: <span class=\"{(state.Met == true ? "good" : "bad")}\">{JournalText.Met(state.Met)}</span></h3>\n<table>\n<tr><th>Probe</th><th>Tolerance</th><th>Verdict</th><th>Took</th></tr>\n");
            foreach (var probe in state.Probes)
            {
                page.Append(CultureInfo.InvariantCulture, $"<tr><td>{E(probe.Name)}</td><td>{E(probe.Tolerance ?? "")}</td><td class=\"{(probe.ToleranceMet == false ? "bad" : "good")}\">{JournalText.Tolerance(probe)}</td><td>{E(JournalText.Took(probe))}</td></tr>\n");
            }

            page.Append("</table>\n");
            foreach (var probe in state.Probes.Where(p => p.ToleranceMet == false))
            {
                WriteOutput(probe, page);
            }
        }
    }

    private static void WriteEntries(string heading, IReadOnlyList<JournalEntry> entries, string otherwise, StringBuilder page)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>{heading}</h2>\n");
        if (entries.Count == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"<p class=\"soft\">{otherwise}</p>\n");
        }

        foreach (var entry in entries)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h3>{E(entry.Name)}</h3>\n<p class=\"soft\">{E(entry.Type)}{(entry.Background ? ", in the background" : "")} · {E(entry.Provider)} · {E(JournalText.Time(entry.Start))} · {E(JournalText.Took(entry))} · <span class=\"{(entry.Status == "succeeded" ? "good" : "bad")}\">{E(entry.Status)}</span></p>\n");
            WriteOutput(entry, page);
        }
    }

    private static void WriteOutput(JournalEntry entry, StringBuilder page) =>
        page.Append(CultureInfo.InvariantCulture, $"<pre>{E(entry.Exception.Count > 0 ? string.Join('\n', entry.Exception) : JournalText.Output(entry))}</pre>\n");

    private static string E(string text) => WebUtility.HtmlEncode(text);
}

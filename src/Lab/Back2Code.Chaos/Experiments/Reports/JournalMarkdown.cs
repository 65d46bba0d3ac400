using System.Globalization;
using System.Text;

namespace Back2Code.Chaos.Experiments.Reports;

/// <summary>A journal as a page of Markdown.</summary>
public static class JournalMarkdown
{
    public static string Write(JournalView journal)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {Inline(journal.Title)}\n\n{Paragraph(journal.Description)}\n\n| | |\n|--|--|\n");
        foreach (var (label, value) in JournalText.Facts(journal))
        {
            page.Append(CultureInfo.InvariantCulture, $"| {label} | {Cell(value)} |\n");
        }

        WriteHypothesis(journal, page);
        WriteEntries("Method", journal.Run, "Nothing was run.", page);
        WriteEntries("Rollbacks", journal.Rollbacks, "No rollback was played.", page);
        return page.ToString();
    }

    private static void WriteHypothesis(JournalView journal, StringBuilder page)
    {
        page.Append("\n## Steady state hypothesis\n\n");
        page.Append(journal.Hypothesis is { } title ? $"{Inline(title)}\n" : "None: the run was exploratory.\n");
        foreach (var (label, state) in JournalText.Checks(journal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n### {label}: {JournalText.Met(state.Met)}\n\n| probe | tolerance | verdict | took |\n|--|--|--|--|\n");
            foreach (var probe in state.Probes)
            {
                page.Append(CultureInfo.InvariantCulture, $"| {Cell(probe.Name)} | {Cell(probe.Tolerance ?? "")} | {JournalText.Tolerance(probe)} | {JournalText.Took(probe)} |\n");
            }
        }
    }

    private static void WriteEntries(string heading, IReadOnlyList<JournalEntry> entries, string otherwise, StringBuilder page)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n\n");
        if (entries.Count == 0)
        {
            page.Append(CultureInfo.InvariantCulture, $"{otherwise}\n");
            return;
        }

        page.Append("| activity | type | status | started | took |\n|--|--|--|--|--|\n");
        foreach (var entry in entries)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {Cell(entry.Name)} | {Cell(entry.Type)}{(entry.Background ? ", background" : "")} | {Cell(entry.Status)} | {JournalText.Time(entry.Start)} | {JournalText.Took(entry)} |\n");
        }

        foreach (var entry in entries)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n### {Inline(entry.Name)}\n\n{(entry.Provider.Length > 0 ? $"`{entry.Provider.Replace('`', '\'')}`\n\n" : "")}");
            Fence(entry.Exception.Count > 0 ? string.Join('\n', entry.Exception) : JournalText.Output(entry), page);
        }
    }

    /// <summary>A fence longer than any run of backticks inside it.</summary>
    private static void Fence(string text, StringBuilder page)
    {
        var longest = 0;
        var run = 0;
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        var fence = new string('`', Math.Max(3, longest + 1));
        page.Append(CultureInfo.InvariantCulture, $"{fence}\n{text}\n{fence}\n");
    }

    private static string Paragraph(string text) => string.Join('\n', text.Trim().Split('\n').Select(line => Escape(line)));

    private static string Inline(string text) => Escape(text).ReplaceLineEndings(" ");

    private static string Cell(string text) => Inline(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>A journal is somebody else's text; no viewer may take it for HTML.</summary>
    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}

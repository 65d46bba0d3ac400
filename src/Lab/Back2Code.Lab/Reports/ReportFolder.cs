using System.Globalization;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.Lab.Reports;

/// <summary>Where the files of one run lie.</summary>
public sealed class ReportFolder
{
    /// <summary>Every file that a report may have.</summary>
    internal static readonly IReadOnlyList<string> Names = ["summary.json", "journal.json", "report.md", "report.html", .. ProofFiles.Names, ReportManifest.FileName];

    private ReportFolder(string path) => Path = path;

    public string Path { get; }

    internal string Ledger => System.IO.Path.Combine(Path, "ledger.jsonl");

    /// <summary>Makes the folder, so that a full or read-only disk is noticed before anything is broken.</summary>
    /// <param name="folder">The folder itself; null makes one of its own under <paramref name="parent"/>.</param>
    /// <exception cref="IOException">It cannot be made or written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made or written to.</exception>
    public static ReportFolder Create(string? folder, string parent, string drill, DateTimeOffset startedAt)
    {
        var path = System.IO.Path.GetFullPath(folder
            ?? System.IO.Path.Combine(parent, string.Create(CultureInfo.InvariantCulture, $"{startedAt.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{drill}")));
        Directory.CreateDirectory(path);
        var probe = System.IO.Path.Combine(path, ".writable");
        File.WriteAllText(probe, "");
        File.Delete(probe);

        // What an earlier run left in the same folder must not be taken for this one's, nor its ledger verified with it.
        foreach (var name in Names)
        {
            File.Delete(System.IO.Path.Combine(path, name));
        }

        return new ReportFolder(path);
    }

    /// <summary>Writes everything there is; what a drill did not get to is absent or null.</summary>
    internal async Task WriteAsync(DrillRecord record, CancellationToken cancellationToken)
    {
        // The contract with scripts first: should the disk fill up, the figures are what must not be missing.
        await WriteAsync("summary.json", SummaryJson.Text(record) + "\n", cancellationToken);
        if (record.Journal is { } journal)
        {
            await journal.WriteAsync(In("journal.json"), record.EndedAt, cancellationToken);
        }

        await WriteAsync("report.md", MarkdownReport.Render(record), cancellationToken);
        await WriteAsync("report.html", HtmlReport.Render(record), cancellationToken);
        await ProofFiles.WriteAsync(Path, record, cancellationToken);

        // Last, because it has the hash of everything else.
        await ReportManifest.WriteAsync(Path, Names.Where(name => name != ReportManifest.FileName), record.EndedAt, cancellationToken);
    }

    private Task WriteAsync(string name, string text, CancellationToken cancellationToken) => File.WriteAllTextAsync(In(name), text, cancellationToken);

    private string In(string name) => System.IO.Path.Combine(Path, name);
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>What came of checking one thing.</summary>
public enum CheckOutcome
{
    Agrees,
    Differs,

    /// <summary>Nothing in the report tells it a second time.</summary>
    NotChecked,
}

/// <summary>One figure, or one file, of a report.</summary>
/// <param name="Reported">As the report has it.</param>
/// <param name="Recomputed">As its evidence has it.</param>
/// <param name="Source">The files that the second was computed from, or why there is none.</param>
public sealed record CheckedFigure(string Name, string? Reported, string? Recomputed, string Source, CheckOutcome Outcome);

/// <summary>A report checked against its own evidence.</summary>
/// <param name="ManifestSha256">Of manifest.json: equal to what somebody noted down earlier, nothing was changed since.</param>
public sealed record ReportVerdict(string Folder, string? Drill, string ManifestSha256, IReadOnlyList<CheckedFigure> Checks)
{
    public bool Agrees => Checks.All(c => c.Outcome != CheckOutcome.Differs);
}

/// <summary>
/// Computes every figure of a report a second time from the evidence in its folder, and compares. Hashes find what was changed after the report was written; the
/// arithmetic finds figures that never followed from the evidence, also where somebody made the hashes anew.
/// </summary>
public static class ReportVerification
{
    private static readonly string[] Rendered = ["report.html", "report.md"];

    /// <exception cref="NotAReportException">The folder holds no report with its evidence.</exception>
    public static async Task<ReportVerdict> VerifyAsync(string folder, CancellationToken cancellationToken)
    {
        var manifest = await ReportManifest.ReadAsync(folder, cancellationToken);
        var checks = new List<CheckedFigure>(await FilesAsync(folder, manifest, cancellationToken));
        string? drill = null;
        try
        {
            var record = await ProofFiles.ReadAsync(folder, cancellationToken);
            drill = record.Drill.Name;
            var summary = ReadObject(folder, "summary.json");
            checks.AddRange(SummaryComparison.Compare(summary, SummaryJson.Of(record), record));
            checks.AddRange(SummaryComparison.Journeys(record));
            checks.AddRange(Samples(record));
            checks.AddRange(Journal(folder, record));
            checks.AddRange(await PagesAsync(folder, manifest, record, cancellationToken));
        }
        catch (NotAReportException e)
        {
            checks.Add(new CheckedFigure("evidence", null, null, $"cannot be used: {e.Message}", CheckOutcome.Differs));
        }

        return new ReportVerdict(folder, drill, (await ReportManifest.EntryOfAsync(Path.Combine(folder, ReportManifest.FileName), cancellationToken)).Sha256, checks);
    }

    /// <summary>The files that a manifest names, by their hashes.</summary>
    internal static async Task<List<CheckedFigure>> HashesAsync(string folder, ReportManifest manifest, CancellationToken cancellationToken)
    {
        var checks = new List<CheckedFigure>();
        foreach (var (name, entry) in manifest.Files)
        {
            // A name with a path in it would be a file of somebody else's.
            var path = Path.Combine(folder, Path.GetFileName(name));
            var now = File.Exists(path) ? await ReportManifest.EntryOfAsync(path, cancellationToken) : null;
            checks.Add(new CheckedFigure($"file {name}", entry.Sha256[..Math.Min(12, entry.Sha256.Length)], now?.Sha256[..12] ?? "missing", "SHA-256 in manifest.json", now == entry ? CheckOutcome.Agrees : CheckOutcome.Differs));
        }

        return checks;
    }

    private static async Task<List<CheckedFigure>> FilesAsync(string folder, ReportManifest manifest, CancellationToken cancellationToken)
    {
        var checks = await HashesAsync(folder, manifest, cancellationToken);
        foreach (var file in Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)).Where(f => f != ReportManifest.FileName && !manifest.Files.ContainsKey(f)).Order(StringComparer.Ordinal))
        {
            var ours = ReportFolder.Names.Contains(file);
            checks.Add(new CheckedFigure($"file {file}", null, null, ours ? "not in manifest.json, and a file that reports have" : "not of the report", ours ? CheckOutcome.Differs : CheckOutcome.NotChecked));
        }

        return checks;
    }

    /// <summary>Prometheus' answers to the figures' queries, once more from the raw samples: then not even its arithmetic needs to be trusted.</summary>
    private static IEnumerable<CheckedFigure> Samples(DrillRecord record)
    {
        foreach (var figure in record.Figures)
        {
            var sum = FigureCheck.FromSamples(figure.Name, record.Evidence);
            yield return new CheckedFigure(
                $"samples of {figure.Name}",
                SummaryComparison.Text(figure.Recorded),
                SummaryComparison.Text(sum),
                sum is null ? "no raw samples were kept" : $"{ProofFiles.Prometheus}: raw samples, without Prometheus' arithmetic",
                sum is null ? CheckOutcome.NotChecked : sum == figure.Recorded ? CheckOutcome.Agrees : CheckOutcome.Differs);
        }
    }

    /// <summary>The journal is written by other code from the same receipts; it must tell the same injections.</summary>
    private static IEnumerable<CheckedFigure> Journal(string folder, DrillRecord record)
    {
        if (!File.Exists(Path.Combine(folder, "journal.json")))
        {
            yield break;
        }

        var run = ReadObject(folder, "journal.json")["run"] as JsonArray ?? [];
        var told = run.Select(step => step?["output"] as JsonObject).Where(output => output?["faultId"] is not null).Select(output => $"{output!["type"]} {output["injectedAt"]}").Order(StringComparer.Ordinal).ToList();
        var ours = record.Receipts.Select(r => $"{r.Type} {JsonSerializer.SerializeToNode(r.InjectedAt, JsonSerializerOptions.Web)}").Order(StringComparer.Ordinal).ToList();
        yield return new CheckedFigure(
            "injections",
            FormattableString.Invariant($"{ours.Count}"),
            FormattableString.Invariant($"{told.Count}"),
            "journal.json against the receipts in evidence.json",
            told.SequenceEqual(ours) ? CheckOutcome.Agrees : CheckOutcome.Differs);
    }

    private static async Task<List<CheckedFigure>> PagesAsync(string folder, ReportManifest manifest, DrillRecord record, CancellationToken cancellationToken)
    {
        var checks = new List<CheckedFigure>();
        foreach (var name in Rendered)
        {
            if (manifest.Product != ReportManifest.CurrentProduct)
            {
                checks.Add(new CheckedFigure($"text of {name}", null, null, $"written by version {manifest.Product}, this is {ReportManifest.CurrentProduct}: only its hash was checked", CheckOutcome.NotChecked));
                continue;
            }

            var path = Path.Combine(folder, name);
            var text = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellationToken) : "";
            var again = name == "report.md" ? MarkdownReport.Render(record) : HtmlReport.Render(record);
            var place = FirstDifference(text, again);
            checks.Add(new CheckedFigure(
                $"text of {name}",
                place is { } p ? Around(text, p) : "every word",
                place is { } q ? Around(again, q) : "every word",
                "written once more from the evidence",
                place is null ? CheckOutcome.Agrees : CheckOutcome.Differs));
        }

        return checks;
    }

    private static int? FirstDifference(string one, string other)
    {
        var length = one.AsSpan().CommonPrefixLength(other);
        return length == one.Length && length == other.Length ? null : length;
    }

    private static string Around(string text, int place)
    {
        var from = Math.Max(0, place - 20);
        return "…" + text[from..Math.Min(text.Length, place + 20)].ReplaceLineEndings(" ") + "…";
    }

    private static JsonObject ReadObject(string folder, string name)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, name))) as JsonObject ?? throw new NotAReportException($"{name} is no JSON object");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new NotAReportException($"{name} cannot be read: {e.Message}", e);
        }
    }
}

using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Comparisons;

namespace Back2Code.Lab.Reports.Proof;

/// <summary>
/// Checks a folder that holds several reports and what was computed from them: a campaign, a comparison, a sweep. Each run is computed again from its own report,
/// everything that is said of all of them from these. Of a game day, whose rounds have no reports of their own, the files and the seal are checked.
/// </summary>
public static class SeriesVerification
{
    private const string Comparison = "comparison.json";
    private const string Sweep = "sweep.json";
    private const string GameDay = "gameday.json";

    private static readonly string[] Kinds = [Campaign.FileName, Comparison, Sweep, GameDay];

    /// <summary>Whether the folder is one of these, and no single report.</summary>
    public static bool IsSeries(string folder) => KindOf(folder) is not null;

    /// <exception cref="NotAReportException">The file that tells the figures cannot be read.</exception>
    public static async Task<ReportVerdict> VerifyAsync(string folder, CancellationToken cancellationToken)
    {
        folder = Path.GetFullPath(folder);
        var kind = KindOf(folder) ?? throw new NotAReportException($"{folder} holds none of {string.Join(", ", Kinds)}.");
        var (hash, checks) = await FilesAsync(folder, cancellationToken);
        try
        {
            var text = await File.ReadAllTextAsync(Path.Combine(folder, kind), cancellationToken);
            var told = JsonNode.Parse(text) as JsonObject ?? throw new JsonException("it is no JSON object");
            if (kind == GameDay)
            {
                checks.Add(await SealAsync(folder, told, cancellationToken));
            }
            else
            {
                var again = JsonNode.Parse(await ComputeAsync(kind, text, new Runs(folder, checks, cancellationToken))) as JsonObject;
                checks.AddRange(Compare(told, again!, kind));
            }
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException or CampaignException or InvalidOperationException or ArgumentException)
        {
            throw new NotAReportException($"{Path.Combine(folder, kind)} cannot be read: {e.Message}", e);
        }

        return new ReportVerdict(folder, null, hash, checks);
    }

    private static string? KindOf(string folder) => Kinds.FirstOrDefault(kind => File.Exists(Path.Combine(folder, kind)));

    private static async Task<(string Hash, List<CheckedFigure> Checks)> FilesAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, ReportManifest.FileName);
        if (!File.Exists(path))
        {
            return ("none", [new CheckedFigure("files", null, null, $"there is no {ReportManifest.FileName}: older versions wrote none here", CheckOutcome.NotChecked)]);
        }

        var manifest = await ReportManifest.ReadAsync(folder, cancellationToken);
        return ((await ReportManifest.EntryOfAsync(path, cancellationToken)).Sha256, await ReportVerification.HashesAsync(folder, manifest, cancellationToken));
    }

    private static async Task<string> ComputeAsync(string kind, string text, Runs runs)
    {
        switch (kind)
        {
            case Comparison:
                var comparison = Read<Comparisons.Comparison>(text);
                var pairs = new List<RunPair>();
                foreach (var pair in comparison.Pairs ?? throw Null("pairs"))
                {
                    pairs.Add(pair with { Without = await runs.AgainAsync(pair.Without), With = await runs.AgainAsync(pair.With) });
                }

                return (comparison with { Pairs = pairs }).ToJson();
            case Sweep:
                var sweep = Read<Comparisons.Sweep>(text);
                var points = new List<SweepPoint>();
                foreach (var point in sweep.Points ?? throw Null("points"))
                {
                    points.Add(point with { Runs = await runs.AgainAsync(point.Runs) });
                }

                return (sweep with { Points = points }).ToJson();
            default:
                var campaign = Campaign.Parse(text);
                return (campaign with { Runs = await runs.AgainAsync(campaign.Runs ?? throw Null("runs")) }).ToJson();
        }
    }

    private static JsonException Null(string name) => new($"'{name}' is null");

    private static T Read<T>(string text) => JsonSerializer.Deserialize<T>(text, Comparisons.Comparison.Format) ?? throw new JsonException("it is null");

    private static IEnumerable<CheckedFigure> Compare(JsonObject told, JsonObject again, string kind)
    {
        var source = $"{kind}: computed from its runs, and these from their reports";
        foreach (var key in told.Select(p => p.Key).Union(again.Select(p => p.Key)).ToList())
        {
            var (theirs, ours) = (SummaryComparison.Leaves(told[key], key).ToDictionary(), SummaryComparison.Leaves(again[key], key).ToDictionary());
            var differing = theirs.Keys.Union(ours.Keys).Where(path => theirs.GetValueOrDefault(path) != ours.GetValueOrDefault(path)).ToList();
            if (differing.Count == 0)
            {
                var shown = FormattableString.Invariant($"{theirs.Count} values");
                yield return new CheckedFigure(key, shown, shown, source, CheckOutcome.Agrees);
            }

            foreach (var path in differing)
            {
                yield return new CheckedFigure(path, theirs.GetValueOrDefault(path, "absent"), ours.GetValueOrDefault(path, "absent"), source, CheckOutcome.Differs);
            }
        }
    }

    /// <summary>The plan that was revealed must be the one whose hash was told before anything broke.</summary>
    private static async Task<CheckedFigure> SealAsync(string folder, JsonObject told, CancellationToken cancellationToken)
    {
        var promised = told["commitment"]?.ToString();
        var plan = Path.Combine(folder, "sealed.json");
        var hash = File.Exists(plan) ? Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(plan, cancellationToken))) : "missing";
        return new CheckedFigure("commitment", promised, hash, "SHA-256 of sealed.json", promised == hash ? CheckOutcome.Agrees : CheckOutcome.Differs);
    }

    /// <summary>The runs of one folder, each computed again from its report, with what came of that.</summary>
    private sealed class Runs(string folder, List<CheckedFigure> checks, CancellationToken cancellationToken)
    {
        public async Task<IReadOnlyList<RunResult>> AgainAsync(IReadOnlyList<RunResult> told)
        {
            var again = new List<RunResult>();
            foreach (var run in told)
            {
                again.Add(await AgainAsync(run));
            }

            return again;
        }

        /// <returns>What was told, where there is nothing to compute it from.</returns>
        public async Task<RunResult> AgainAsync(RunResult told)
        {
            var name = $"run {told.Report ?? told.Drill}";
            var report = Path.GetFullPath(Path.Combine(folder, told.Report ?? ""));
            if (told.Report is null || !report.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                checks.Add(new CheckedFigure(name, null, null, told.Report is null ? "it left no report" : "its report is not in this folder", CheckOutcome.NotChecked));
                return told;
            }

            try
            {
                var verdict = await ReportVerification.VerifyAsync(report, cancellationToken);
                var differing = verdict.Checks.Where(c => c.Outcome == CheckOutcome.Differs).Select(c => c.Name).ToList();
                checks.Add(differing.Count == 0
                    ? new CheckedFigure(name, told.Status, told.Status, "its own report, which follows from its evidence", CheckOutcome.Agrees)
                    : new CheckedFigure(name, "as evidence has it", string.Join(", ", differing.Take(5)), $"its own report, in which {differing.Count} things differ", CheckOutcome.Differs));
                return differing.Contains("evidence") ? told : Of(await ProofFiles.ReadAsync(report, cancellationToken), told);
            }
            catch (NotAReportException e)
            {
                checks.Add(new CheckedFigure(name, null, null, e.Message, CheckOutcome.NotChecked));
                return told;
            }
        }

        private static RunResult Of(Drills.DrillRecord record, RunResult told)
        {
            var again = RunResult.Of(record, told.Report, told.Round);

            // A drill with secrets is kept with those hidden, so the copy has another hash.
            return record.Drill.Experiment.Secrets is null ? again : again with { FileSha256 = told.FileSha256 };
        }
    }
}

using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Lab.Reports.Proof;

namespace Back2Code.Cli.Commands;

/// <summary><c>drill verify-report</c>: computes the figures of a report once more from the evidence in its folder.</summary>
internal static class DrillVerifyReportCommand
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Folder of a report of `drill run`, of a campaign, a comparison, a sweep or a game day", HelpName = "DIR" };
        var prometheus = new Option<Uri?>("--prometheus") { Description = "Also put the report's queries to this Prometheus once more", HelpName = "URL" };
        var differences = new Option<bool>("--differences") { Description = "Show only what differs or could not be checked" };
        var json = LabOptions.Json();
        var command = new Command("verify-report", """
            Compute every figure of a report again from the evidence in its folder, and compare: files by their hashes, requests, times and percentiles from the
            traffic by the second, alerts from monitoring's and Prometheus' answers, the ledger from what was read back, objectives and verdict from all of these.
            In the folder of a campaign, a comparison or a sweep every run is verified, and what is said of all of them is computed from the runs. Of a game day
            the files and the seal of its plan are checked.

            Examples:
              back2code drill verify-report reports/20261120T120000Z-postgres-crash
              back2code drill verify-report out --prometheus http://127.0.0.1:18090

            Exits 0 when all agrees, 1 when something differs (it is named), 2 when the folder holds no report that can be verified.
            """)
        {
            folder, prometheus, differences, json,
        };
        command.SetAction((parsed, cancellationToken) => DrillCommand.GuardAsync(async () =>
        {
            var path = parsed.GetRequiredValue(folder);
            var isSeries = SeriesVerification.IsSeries(path);
            var verdict = isSeries ? await SeriesVerification.VerifyAsync(path, cancellationToken) : await ReportVerification.VerifyAsync(path, cancellationToken);
            if (isSeries && parsed.GetValue(prometheus) is not null)
            {
                throw new DrillUsageException("--prometheus is for the report of one drill; name the folder of a run.");
            }

            if (parsed.GetValue(prometheus) is { } url)
            {
                if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https"))
                {
                    throw new DrillUsageException($"--prometheus '{url}' is no address; expected for example http://127.0.0.1:18090.");
                }

                verdict = verdict with { Checks = [.. verdict.Checks, .. await AskAgainAsync(path, url, cancellationToken)] };
            }

            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(verdict, Format));
            }
            else
            {
                Print(verdict, parsed.GetValue(differences));
            }

            return verdict.Agrees ? 0 : 1;
        }));
        return command;
    }

    private static async Task<IReadOnlyList<CheckedFigure>> AskAgainAsync(string folder, Uri url, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = Patience };
        try
        {
            return await PrometheusRecheck.AskAgainAsync(folder, http, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or UriFormatException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new DrillUsageException($"Prometheus at {url} does not answer: {e.Message}");
        }
    }

    private static void Print(ReportVerdict verdict, bool differences)
    {
        var shown = verdict.Checks.Where(c => !differences || c.Outcome != CheckOutcome.Agrees).ToList();
        new Sheet(Console.Out).Table(["", "reported", "computed again", "from", ""], shown.Select(c => new[]
        {
            c.Name, c.Reported ?? "–", c.Recomputed ?? "–", c.Source, c.Outcome switch { CheckOutcome.Agrees => "agrees", CheckOutcome.Differs => "DIFFERS", _ => "not checked" },
        }));
        var differing = verdict.Checks.Where(c => c.Outcome == CheckOutcome.Differs).Select(c => c.Name).ToList();
        Console.WriteLine(FormattableString.Invariant($"{verdict.Checks.Count(c => c.Outcome == CheckOutcome.Agrees)} agree, {differing.Count} differ, {verdict.Checks.Count(c => c.Outcome == CheckOutcome.NotChecked)} cannot be checked."));
        if (differing.Count > 0)
        {
            Console.WriteLine($"Differing: {string.Join(", ", differing)}");
        }

        Console.WriteLine($"SHA-256 of manifest.json: {verdict.ManifestSha256}");
    }
}

using System.CommandLine;
using Back2Code.Slo;

namespace Back2Code.Cli.Commands;

internal static class SloGenerateCommand
{
    internal static Command Create()
    {
        Argument<string[]> paths = SloOutcome.Paths();
        Option<bool> json = SloOutcome.Json();
        var folder = new Option<string>("--out") { Description = "Folder for the rule file slo.yaml; made if it is missing.", Required = true };
        var timeScale = new Option<decimal>("--time-scale") { Description = "Divides every window, 1 to 100000: 720 makes five seconds of an hour.", DefaultValueFactory = _ => 1 };
        var scrape = new Option<double?>("--scrape-interval") { Description = "Seconds between scrapes, 0.1 to 300. Default 15, or 1 when time is scaled." };
        var evaluation = new Option<double?>("--evaluation-interval") { Description = "Seconds between evaluations of short windows and alerts, 0.1 to 300. Default: as scrapes." };
        var runbooks = new Option<string>("--runbooks") { Description = "Where runbooks are; the alert's name follows as the fragment.", DefaultValueFactory = _ => new RuleOptions().RunbookBase };
        var command = new Command("generate", """
            Generate Prometheus recording and alerting rules: counts, burn rates and remaining budget of every window; page and ticket alerts by pairs of
            windows; alerts for a metric that is gone and for more good events than events. Writes nothing if a file is wrong.

            Exit codes: 0 written, 1 a file is wrong or cannot be written, 2 the command line is wrong.

            Examples:
              back2code slo generate slos --out /etc/prometheus/rules
              back2code slo generate slos --out rules --time-scale 720 && promtool check rules rules/slo.yaml
            """)
        {
            paths, folder, timeScale, scrape, evaluation, runbooks, json,
        };
        command.SetAction(parsed => SloOutcome.Report(
            parsed,
            json,
            () =>
            {
                SloCatalogue catalogue = SloFiles.Load(parsed.GetRequiredValue(paths));
                decimal scale = parsed.GetValue(timeScale);
                string file = Path.Combine(parsed.GetRequiredValue(folder), "slo.yaml");
                PrometheusRules.Write(catalogue, file, new RuleOptions
                {
                    TimeScale = scale,
                    ScrapeInterval = TimeSpan.FromSeconds(parsed.GetValue(scrape) ?? (scale > 1 ? 1 : 15)),
                    EvaluationInterval = parsed.GetValue(evaluation) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                    RunbookBase = parsed.GetRequiredValue(runbooks),
                });
                return new Written(file, [.. catalogue.Objectives.Select(o => o.Name)], PrometheusRules.AlertNames(catalogue));
            },
            static (result, output) => output.WriteLine($"{result.Alerts.Count} alerts on {result.Slos.Count} SLOs written to {result.File}")));
        return command;
    }

    private sealed record Written(string File, IReadOnlyList<string> Slos, IReadOnlyList<string> Alerts);
}

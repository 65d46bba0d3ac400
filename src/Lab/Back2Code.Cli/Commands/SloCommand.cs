using System.CommandLine;
using System.Text.Json;
using Back2Code.Slo;

namespace Back2Code.Cli.Commands;

internal static class SloCommand
{
    private const int Invalid = 1;

    internal static Command Create() => new("slo", "Check OpenSLO files and generate Prometheus rules from them.")
    {
        Validate(), Generate(),
    };

    private static Command Validate()
    {
        Argument<string[]> paths = Paths();
        Option<bool> json = Json();
        var command = new Command("validate", """
            Check OpenSLO v1 files: every error with file, line and what is allowed. Exits 1 if there is one.

            Examples:
              back2code slo validate slos
              back2code slo validate slos/notes-availability.yaml slos/shared.yaml --json
            """)
        {
            paths, json,
        };
        command.SetAction(parsed => Report(parsed, json, () =>
        {
            SloCatalogue catalogue = SloFiles.Load(parsed.GetRequiredValue(paths));
            // A file can be good OpenSLO and still ask for an alert that can never fire; only the rules show it.
            PrometheusRules.Render(catalogue, new RuleOptions());
            return Describe(catalogue);
        }));
        return command;
    }

    private static Command Generate()
    {
        Argument<string[]> paths = Paths();
        Option<bool> json = Json();
        var folder = new Option<string>("--out") { Description = "Folder for the rule file slo.yaml; made if it is missing.", Required = true };
        var timeScale = new Option<decimal>("--time-scale") { Description = "Divides every window: 720 makes five seconds of an hour.", DefaultValueFactory = _ => 1 };
        var scrape = new Option<double?>("--scrape-interval") { Description = "Seconds between scrapes. Default 15, or 1 when time is scaled." };
        var command = new Command("generate", """
            Generate Prometheus recording and alerting rules. Exits 1 and writes nothing if a file is wrong.

            Examples:
              back2code slo generate slos --out /etc/prometheus/rules
              back2code slo generate slos --out rules --time-scale 720 && promtool check rules rules/slo.yaml
            """)
        {
            paths, folder, timeScale, scrape, json,
        };
        command.SetAction(parsed => Report(parsed, json, () =>
        {
            SloCatalogue catalogue = SloFiles.Load(parsed.GetRequiredValue(paths));
            decimal scale = parsed.GetValue(timeScale);
            string file = Path.Combine(parsed.GetRequiredValue(folder), "slo.yaml");
            PrometheusRules.Write(catalogue, file, new RuleOptions
            {
                TimeScale = scale,
                ScrapeInterval = TimeSpan.FromSeconds(parsed.GetValue(scrape) ?? (scale > 1 ? 1 : 15)),
            });
            return Describe(catalogue) with { File = file };
        }));
        return command;
    }

    private static Argument<string[]> Paths() =>
        new("path") { Description = "OpenSLO files, or folders that hold them.", Arity = ArgumentArity.OneOrMore };

    private static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    private static Outcome Describe(SloCatalogue catalogue) =>
        new(true, [.. catalogue.Objectives.Select(o => o.Name)], PrometheusRules.AlertNames(catalogue), null, []);

    private static int Report(ParseResult parsed, Option<bool> json, Func<Outcome> run)
    {
        (TextWriter output, TextWriter errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        Outcome outcome;
        try
        {
            outcome = run();
        }
        catch (SloFileException e)
        {
            outcome = new Outcome(false, [], [], null, e.Errors);
        }
        catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
        {
            errors.WriteLine(e.Message);
            return Invalid;
        }

        if (parsed.GetValue(json))
        {
            output.WriteLine(JsonSerializer.Serialize(outcome, JsonSerializerOptions.Web));
        }
        else if (outcome.Valid)
        {
            output.WriteLine($"{outcome.Slos.Count} SLOs are valid: {string.Join(", ", outcome.Slos)}");
            output.WriteLine(outcome.File is null ? $"{outcome.Alerts.Count} alerts" : $"{outcome.Alerts.Count} alerts written to {outcome.File}");
        }
        else
        {
            foreach (SloFileError error in outcome.Errors)
            {
                errors.WriteLine(error);
            }
        }

        return outcome.Valid ? 0 : Invalid;
    }

    private sealed record Outcome(bool Valid, IReadOnlyList<string> Slos, IReadOnlyList<string> Alerts, string? File, IReadOnlyList<SloFileError> Errors);
}

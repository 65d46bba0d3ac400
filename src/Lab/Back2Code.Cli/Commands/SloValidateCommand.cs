using System.CommandLine;
using Back2Code.Slo;

namespace Back2Code.Cli.Commands;

internal static class SloValidateCommand
{
    internal static Command Create()
    {
        Argument<string[]> paths = SloOutcome.Paths();
        Option<bool> json = SloOutcome.Json();
        var formatOnly = new Option<bool>("--format-only") { Description = "Check the OpenSLO format alone, not whether Prometheus rules can express what it says." };
        var command = new Command("validate", """
            Check OpenSLO v1 files: an unknown field, a missing reference, an impossible value, an alert that can never fire.
            Every mistake is told at once as file:line: what is wrong; what is allowed.

            Exit codes: 0 all is right, 1 a file is wrong, 2 the command line is wrong.

            Examples:
              back2code slo validate slos
              back2code slo validate slos/notes-availability.yaml slos/shared.yaml --json
              back2code slo validate --format-only datadog-slos
            """)
        {
            paths, formatOnly, json,
        };
        command.SetAction(parsed => SloOutcome.Report(
            parsed,
            json,
            () =>
            {
                SloCatalogue catalogue = SloFiles.Load(parsed.GetRequiredValue(paths));
                if (parsed.GetValue(formatOnly))
                {
                    return new Checked(true, [.. catalogue.Objectives.Select(o => o.Name)], [], []);
                }

                // A file can be good OpenSLO and still ask for an alert that can never fire; only the rules show it.
                PrometheusRules.Render(catalogue, new RuleOptions());
                return new Checked(true, [.. catalogue.Objectives.Select(o => o.Name)], PrometheusRules.AlertNames(catalogue), []);
            },
            static (result, output) =>
            {
                output.WriteLine($"{result.Slos.Count} SLOs are valid: {string.Join(", ", result.Slos)}");
                if (result.Alerts.Count > 0)
                {
                    output.WriteLine($"{result.Alerts.Count} alerts can be generated from them");
                }
            }));
        return command;
    }

    private sealed record Checked(bool Valid, IReadOnlyList<string> Slos, IReadOnlyList<string> Alerts, IReadOnlyList<SloFileError> Errors);
}

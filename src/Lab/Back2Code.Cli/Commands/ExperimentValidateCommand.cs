using System.CommandLine;
using System.Text.Json;
using Back2Code.Chaos.Experiments;

namespace Back2Code.Cli.Commands;

internal static class ExperimentValidateCommand
{
    internal static Command Create()
    {
        var source = ExperimentCommand.Source();
        var compat = ExperimentCommand.Compat();
        var noVerify = ExperimentCommand.NoVerifyTls();
        var settings = ExperimentCommand.Settings();
        var json = LabOptions.Json();
        var command = new Command("validate", """
            Say everything that is wrong with an experiment, with line and column, without running anything.

            Examples:
              back2code experiment validate experiment.yaml
              back2code experiment validate https://example.org/experiment.json --compat

            Exits 0 when it can be run, 2 when not (with --compat 1).
            """)
        {
            source, compat, noVerify, settings, json,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var isCompat = parsed.GetValue(compat);
            return ExperimentCommand.GuardAsync(isCompat, async () =>
            {
                var options = ExperimentCommand.SourceOptions(ExperimentCommand.ReadSettings(parsed.GetValue(settings)), isCompat, !parsed.GetValue(noVerify)) with { ValidateOnly = true };
                return await ValidateAsync(parsed.GetRequiredValue(source), options, parsed.GetValue(json), cancellationToken);
            });
        });
        return command;
    }

    private static async Task<int> ValidateAsync(string source, ExperimentSourceOptions options, bool json, CancellationToken cancellationToken)
    {
        try
        {
            var experiment = await ExperimentSource.LoadAsync(source, options, cancellationToken);
            if (json)
            {
                Print(true, [], experiment.Warnings);
                return 0;
            }

            await ExperimentCommand.WarnAsync(experiment.Warnings);
            Console.WriteLine($"{source}: valid: {experiment.SteadyState?.Probes.Count ?? 0} probes in the hypothesis, {experiment.Method.Count} activities, {experiment.Rollbacks.Count} rollbacks");
            return 0;
        }
        catch (InvalidExperimentException e) when (json)
        {
            Print(false, e.Errors, []);
            return options.Compat ? 1 : ExperimentCommand.Invalid;
        }
    }

    private static void Print(bool valid, IReadOnlyList<ExperimentError> errors, IReadOnlyList<string> warnings) =>
        Console.WriteLine(JsonSerializer.Serialize(new { valid, errors, warnings }, JsonSerializerOptions.Web));
}

using System.CommandLine;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Reports;

namespace Back2Code.Cli.Commands;

/// <summary>Chaos Toolkit experiments by themselves, without traffic and objectives: those are drills.</summary>
internal static class ExperimentCommand
{
    internal const int Invalid = 2;

    internal static Command Create() => new("experiment", "Validate, run and report Chaos Toolkit experiments")
    {
        ExperimentValidateCommand.Create(),
        ExperimentRunCommand.Create(),
        ExperimentReportCommand.Create(),
    };

    internal static Argument<string> Source() => new("experiment") { Description = "A .json, .yaml or .yml file, or a URL", HelpName = "FILE|URL" };

    internal static Option<bool> Compat() => new("--compat") { Description = "Chaos Toolkit's verdicts and exit codes (0 and 1) instead of the stricter ones" };

    internal static Option<bool> NoVerifyTls() => new("--no-verify-tls") { Description = "Check no certificate, in the download nor in activities" };

    internal static Option<string?> Settings() => new("--settings")
    {
        Description = "Chaos Toolkit's settings: auths, runtime and notifications over HTTP are used. Default: ~/.chaostoolkit/settings.yaml if it is there",
        HelpName = "FILE",
    };

    /// <exception cref="InvalidExperimentException">The settings, the file or what the URL gives.</exception>
    internal static ChaosSettings ReadSettings(string? path) =>
        path is not null ? ChaosSettings.Load(path) : File.Exists(ChaosSettings.DefaultPath) ? ChaosSettings.Load(ChaosSettings.DefaultPath) : ChaosSettings.None;

    internal static ExperimentSourceOptions SourceOptions(ChaosSettings settings, bool compat, bool verifyTls) => new()
    {
        Compat = compat,
        VerifyTls = verifyTls,
        Tokens = settings.Tokens,
        Token = Environment.GetEnvironmentVariable("CHAOSTOOLKIT_LOADER_AUTH_BEARER_TOKEN"),
    };

    internal static async Task WarnAsync(IEnumerable<string> warnings)
    {
        foreach (var warning in warnings)
        {
            await Console.Error.WriteLineAsync($"warning: {warning}");
        }
    }

    /// <summary>What is wrong with what the user gave is told in full, without a stack.</summary>
    internal static async Task<int> GuardAsync(bool compat, Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is InvalidExperimentException or ExperimentSettingsException or JournalFormatException)
        {
            await Console.Error.WriteLineAsync(e is InvalidExperimentException or JournalFormatException ? e.Message : $"back2code: {e.Message}");
            return compat ? 1 : Invalid;
        }
    }
}

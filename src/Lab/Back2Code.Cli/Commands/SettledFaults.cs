using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.Cli.Commands;

/// <summary>
/// Whatever the command, what a killed platform left in the state folder that it names is undone first, as far as that goes without the platform; in the default
/// folder where it names none, be it that it has nothing to do with a platform.
/// </summary>
internal static class SettledFaults
{
    public static async Task TellAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // `heal` does it itself and reports.
        if (parsed.Action is ParseErrorAction
            || parsed.CommandResult.Command.Name == "heal"
            || StateFolderOf(parsed) is not { } folder
            || await LeftBehind.SettleAsync(folder, cancellationToken) is not { } settled)
        {
            return;
        }

        foreach (var line in settled.Healed)
        {
            await Console.Error.WriteLineAsync($"back2code: healed what a platform left that was killed: {line}");
        }

        foreach (var line in settled.Failed.Concat(settled.Waiting))
        {
            await Console.Error.WriteLineAsync($"back2code: left by a platform that was killed: {line}");
        }
    }

    private static string? StateFolderOf(ParseResult parsed)
    {
        try
        {
            return FindState(parsed.CommandResult) is { } state
                ? LabOptions.Read(parsed, state).EffectiveStateDirectory
                : new PlatformOptions { Home = LabOptions.Home() }.EffectiveStateDirectory;
        }
        catch (LabException)
        {
            // The command will say that there is no topology, if it needs one.
            return null;
        }
    }

    /// <summary>The command's own option, or one that a command above it gives to all below.</summary>
    private static Option<string?>? FindState(SymbolResult? result) => result switch
    {
        null => null,
        CommandResult command when command.Command.Options.FirstOrDefault(o => o.Name == LabOptions.StateName) is Option<string?> state => state,
        _ => FindState(result.Parent),
    };
}

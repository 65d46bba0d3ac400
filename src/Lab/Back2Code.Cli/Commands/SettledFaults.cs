using System.CommandLine;
using System.CommandLine.Invocation;
using Back2Code.Lab.Supervision;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.Cli.Commands;

/// <summary>Whatever the command, what a killed platform left in the state folder that it names is undone first, as far as that goes without the platform.</summary>
internal static class SettledFaults
{
    public static async Task TellAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        // `heal` does it itself and reports; a command that does not read --state is about no platform.
        if (parsed.Action is ParseErrorAction
            || parsed.CommandResult.Command.Name == "heal"
            || parsed.CommandResult.Command.Options.FirstOrDefault(o => o is { Name: LabOptions.StateName } and not UnusedState) is not Option<string?> state
            || StateFolderOf(parsed, state) is not { } folder
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

    private static string? StateFolderOf(ParseResult parsed, Option<string?> state)
    {
        try
        {
            return LabOptions.Read(parsed, state).EffectiveStateDirectory;
        }
        catch (LabException)
        {
            // The command will say that there is no topology.
            return null;
        }
    }
}

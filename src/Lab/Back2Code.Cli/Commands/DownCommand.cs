using System.CommandLine;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class DownCommand
{
    public static Command Create()
    {
        var state = LabOptions.State();
        var command = new Command("down", """
            Stop the platform, and clean up after one whose lab was killed. Data, secrets and logs stay.

            Examples:
              back2code down
              back2code down --state /tmp/second
            """)
        {
            state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = LabOptions.Read(parsed, state);
            var stopped = await Platform.StopAsync(options, cancellationToken);
            Console.WriteLine(stopped ? "Stopped." : $"No platform runs on {options.EffectiveStateDirectory}.");
            return 0;
        });
        return command;
    }
}

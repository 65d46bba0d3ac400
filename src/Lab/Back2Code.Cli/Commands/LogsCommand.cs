using System.CommandLine;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class LogsCommand
{
    public static Command Create()
    {
        var state = LabOptions.State();
        var name = new Argument<string>("name") { Description = "The process, as `status` shows it." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written from now on." };
        var lines = new Option<int>("--lines", "-n") { Description = "How many of the last lines.", DefaultValueFactory = _ => 200 };
        var command = new Command("logs", """
            Print a process's log.

            Examples:
              back2code logs postgres
              back2code logs notes-1 --follow
            """)
        {
            name, follow, lines, state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var paths = new StatePaths(LabOptions.Read(parsed, state).EffectiveStateDirectory);
            var log = Find(paths, parsed.GetValue(name)!);
            await LogReader.PrintAsync(log, parsed.GetValue(lines), parsed.GetValue(follow), Console.Out, cancellationToken);
            return 0;
        });
        return command;
    }

    private static string Find(StatePaths paths, string name)
    {
        var logs = Directory.Exists(paths.Logs) ? Directory.GetFiles(paths.Logs, "*.log") : [];
        return logs.FirstOrDefault(l => Path.GetFileNameWithoutExtension(l) == name)
            ?? throw new LabException(logs.Length == 0
                ? $"There are no logs in {paths.Logs} yet."
                : $"There is no log of '{name}'; there are {string.Join(", ", logs.Select(Path.GetFileNameWithoutExtension).Order())}.");
    }
}

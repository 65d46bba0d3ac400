using System.CommandLine;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>An operator's own controls over processes: end and start again, take changed settings back.</summary>
internal static class RestartCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static Command Create() => Create(
        "restart",
        """
        End one process and start it again at once, whatever held it down. Returns when everything is ready.

        Examples:
          back2code restart notes-1
        """,
        (lab, process, cancellationToken) => lab.RestartAsync(process, cancellationToken));

    internal static Command CreateRollback() => Create(
        "rollback",
        """
        Take changed settings of one process back: it is restarted as the topology has it. Returns when everything is ready.

        Examples:
          back2code rollback notes-1
        """,
        (lab, process, cancellationToken) => lab.RestoreAsync(process, cancellationToken));

    private static Command Create(string name, string description, Func<LabClient, string, CancellationToken, Task> act)
    {
        var process = new Argument<string>("process") { Description = "As `status` shows it.", HelpName = "NAME" };
        var state = LabOptions.State();
        var command = new Command(name, description)
        {
            process, state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var lab = await LabOptions.ConnectAsync(LabOptions.Read(parsed, state), cancellationToken);
            await act(lab.AsOperator(), parsed.GetRequiredValue(process), cancellationToken);
            await lab.WaitUntilReadyAsync(Patience, progress: null, cancellationToken);
            Console.WriteLine($"{parsed.GetRequiredValue(process)} runs, and everything is ready.");
            return 0;
        });
        return command;
    }
}

using System.CommandLine;

namespace Back2Code.Cli.Commands;

/// <summary>Every command there is, and what all of them take.</summary>
internal static class CommandTree
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Back2Code: a production platform that one command starts, and that you break on purpose.")
        {
            UpCommand.Create(),
            DownCommand.Create(),
            StatusCommand.Create(),
            LogsCommand.Create(),
            TokenCommand.Create(),
            RestartCommand.Create(),
            RestartCommand.CreateRollback(),
            GatewayCommand.Create(),
            DrillCommand.Create(),
            GameDayCommand.Create(),
            FaultCommand.Create(),
            HealCommand.Create(),
            ExperimentCommand.Create(),
            TrafficCommand.Create(),
            ToxiproxyCommand.Create(),
            SloCommand.Create(),
            IncidentCommand.Create(),
            AuditCommand.Create(),
            UserCommand.Create(),
            ClientCommand.Create(),
            SbomCommand.Create(),
            WorkerCommand.Create(),
        };
        TakeState(root);
        return root;
    }

    /// <summary>Scripts give the same --state to every command; one that reads no state folder must not stumble over it.</summary>
    private static void TakeState(Command command)
    {
        if (command is { Action: not null, Hidden: false } && command.Options.All(o => o.Name != LabOptions.StateName))
        {
            command.Options.Add(new UnusedState());
        }

        foreach (var subcommand in command.Subcommands.Where(c => !c.Hidden))
        {
            TakeState(subcommand);
        }
    }
}

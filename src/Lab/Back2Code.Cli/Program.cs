using System.CommandLine;
using System.CommandLine.Invocation;
using Back2Code.Cli.Commands;
using Back2Code.Lab.Supervision;

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
    SbomCommand.Create(),
    WorkerCommand.Create(),
};

var configuration = new InvocationConfiguration
{
    // Ctrl-C cancels the command, which then stops what it started; the default would cut it off after 2 s.
    // These listen for signals themselves and may need longer: with both at work, one run in four ended with 130 or 143 instead of its own exit code.
    ProcessTerminationTimeout = args is ["experiment", "run", ..] or ["drill", "run" or "compare" or "sweep", ..] or ["gameday", "start", ..] ? null : TimeSpan.FromSeconds(30),
    EnableDefaultExceptionHandler = false,
};

try
{
    var parsed = root.Parse(args);
    await SettledFaults.TellAsync(parsed, CancellationToken.None);
    int exitCode = await parsed.InvokeAsync(configuration);

    // 1 is what a command found out (a write is lost, an objective missed); scripts must be able to tell it from a typing error.
    return parsed.Action is ParseErrorAction ? 2 : exitCode;
}
catch (LabException e)
{
    await Console.Error.WriteLineAsync($"back2code: {e.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}

using System.CommandLine;
using Back2Code.Cli.Commands;
using Back2Code.Lab.Supervision;

var root = new RootCommand("Back2Code: a production platform that one command starts, and that you break on purpose.")
{
    UpCommand.Create(),
    DownCommand.Create(),
    StatusCommand.Create(),
    LogsCommand.Create(),
    TokenCommand.Create(),
    TrafficCommand.Create(),
    ToxiproxyCommand.Create(),
};

var configuration = new InvocationConfiguration
{
    // Ctrl-C cancels the command, which then stops what it started; the default would cut it off after 2 s.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
    EnableDefaultExceptionHandler = false,
};

try
{
    return await root.Parse(args).InvokeAsync(configuration);
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

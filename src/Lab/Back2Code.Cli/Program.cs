using System.CommandLine;
using System.CommandLine.Invocation;
using Back2Code.Cli.Commands;

var root = new RootCommand("Back2Code: a production platform that you break on purpose.")
{
    TrafficCommand.Create(),
};

var configuration = new InvocationConfiguration
{
    // Ctrl-C cancels the command, which then stops what it started; the default would cut it off after 2 s.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
};

var parsed = root.Parse(args);
int exitCode = await parsed.InvokeAsync(configuration);

// 1 is what a command found out (a write is lost, an objective missed); scripts must be able to tell it from a typing error.
return parsed.Action is ParseErrorAction ? 2 : exitCode;

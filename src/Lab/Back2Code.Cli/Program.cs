using System.CommandLine;
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
return await root.Parse(args).InvokeAsync(configuration);

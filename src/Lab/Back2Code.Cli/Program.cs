using System.CommandLine;
using Back2Code.Cli.Commands;

var root = new RootCommand("Back2Code: a production platform that you break on purpose.")
{
    TrafficCommand.Create(),
};
return await root.Parse(args).InvokeAsync();

using System.CommandLine;

var root = new RootCommand("Back2Code: a production platform that you break on purpose.");
return await root.Parse(args).InvokeAsync();

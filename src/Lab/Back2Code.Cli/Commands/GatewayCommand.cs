using System.CommandLine;
using System.Globalization;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>An operator's control over the gateway's balance, through HAProxy's runtime API.</summary>
internal static class GatewayCommand
{
    internal static Command Create() => new("gateway", """
        See and change which servers the gateway sends requests to.

        Examples:
          back2code gateway status
          back2code gateway drain notes-1
          back2code gateway ready notes-1
        """)
    {
        CreateStatus(),
        CreateState("drain", "Send no new requests to a server; those it has are finished"),
        CreateState("ready", "Send requests to a server again"),
    };

    private static Command CreateStatus()
    {
        var state = LabOptions.State();
        var command = new Command("status", """
            Show every server with its state and its requests.

            Examples:
              back2code gateway status
            """)
        {
            state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var lab = await LabOptions.ConnectAsync(LabOptions.Read(parsed, state), cancellationToken);
            Console.WriteLine($"{"backend",-16}{"server",-18}{"state",-12}{"requests",10}{"5xx",8}");
            foreach (var server in await ServersAsync(lab, cancellationToken))
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{server.Backend,-16}{server.Name,-18}{server.State,-12}{server.Requests,10:#,0}{server.Failed,8:#,0}"));
            }

            return 0;
        });
        return command;
    }

    private static Command CreateState(string to, string description)
    {
        var server = new Argument<string>("server") { Description = "As `gateway status` shows it.", HelpName = "SERVER" };
        var state = LabOptions.State();
        var command = new Command(to, $"""
            {description}.

            Examples:
              back2code gateway {to} notes-1
            """)
        {
            server, state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var lab = await LabOptions.ConnectAsync(LabOptions.Read(parsed, state), cancellationToken);
            var name = parsed.GetRequiredValue(server);
            var servers = await ServersAsync(lab, cancellationToken);
            var found = servers.FirstOrDefault(s => s.Name == name)
                ?? throw new LabException($"The gateway has no server '{name}'; there are {string.Join(", ", servers.Select(s => s.Name))}.");
            var answer = await lab.AsOperator().AskGatewayAsync($"set server {found.Backend}/{found.Name} state {to}", cancellationToken);
            if (answer.Length > 0)
            {
                throw new LabException($"The gateway refused: {answer}");
            }

            Console.WriteLine($"{found.Backend}/{found.Name}: {to}");
            return 0;
        });
        return command;
    }

    /// <summary>From <c>show stat</c>, a table in CSV whose first line begins with "# ".</summary>
    private static async Task<IReadOnlyList<Server>> ServersAsync(LabClient lab, CancellationToken cancellationToken)
    {
        var lines = (await lab.AskGatewayAsync("show stat", cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var columns = lines[0].TrimStart('#', ' ').Split(',').ToList();
        return [.. lines.Skip(1).Select(line => line.Split(','))
            .Where(row => row.Length >= columns.Count - 1 && Of(row, "svname") is not ("FRONTEND" or "BACKEND"))
            .Select(row => new Server(Of(row, "pxname"), Of(row, "svname"), Of(row, "status"), Number(row, "stot"), Number(row, "hrsp_5xx")))];

        string Of(string[] row, string column) => row[columns.IndexOf(column)];

        long Number(string[] row, string column) => long.TryParse(Of(row, column), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    private sealed record Server(string Backend, string Name, string State, long Requests, long Failed);
}

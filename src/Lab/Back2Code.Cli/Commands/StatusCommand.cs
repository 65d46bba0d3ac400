using System.CommandLine;
using System.Text.Json;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class StatusCommand
{
    /// <summary>What init scripts answer for "program is not running".</summary>
    private const int NotRunning = 3;

    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var state = LabOptions.State();
        var json = LabOptions.Json();
        var command = new Command("status", """
            Show every process: state, pid, uptime, restarts, CPU, memory, port. Exits 3 when no platform runs.

            Examples:
              back2code status
              back2code status --json | jq '.processes[] | select(.state != "ready")'
            """)
        {
            state, json,
        };
        command.SetAction((parsed, cancellationToken) =>
            ShowAsync(LabOptions.Read(parsed, state), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> ShowAsync(PlatformOptions options, bool json, CancellationToken cancellationToken)
    {
        using var client = await LabClient.TryConnectAsync(options.EffectiveStateDirectory, cancellationToken);
        if (client is null)
        {
            Console.WriteLine(json ? """{"labPid":null,"processes":[]}""" : $"No platform runs on {options.EffectiveStateDirectory}. Start one with `back2code up`.");
            return NotRunning;
        }

        var status = await client.GetStatusAsync(cancellationToken);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(status, Indented));
        }
        else
        {
            ProcessTable.Print(status);
        }

        return 0;
    }
}

using System.CommandLine;
using System.Text.Json;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision.Faults;

namespace Back2Code.Cli.Commands;

/// <summary>Undoes by hand what faults left behind, and proves that nothing is left.</summary>
internal static class HealCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create()
    {
        var json = LabOptions.Json();
        var state = LabOptions.State();
        var command = new Command("heal", """
            Undo what faults left behind, with the platform up or down, and look on the platform itself whether anything is left.

            Examples:
              back2code heal
              back2code heal --json --state /tmp/second

            Exit codes: 0 nothing is left, 1 something is: what, and what to do, is said. A fault whose owner lives and whose lease runs is left alone; end it with
            `fault remove`.
            """)
        {
            json, state,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = LabOptions.Read(parsed, state).EffectiveStateDirectory;
            GameDayFile.RefuseWhilePlayed(folder);
            var report = await Healing.HealAsync(folder, cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(report, Indented));
            }
            else
            {
                Print(report);
            }

            return report.NothingIsLeft ? 0 : 1;
        });
        return command;
    }

    private static void Print(HealReport report)
    {
        foreach (var line in report.Healed)
        {
            Console.WriteLine($"healed   {line}");
        }

        foreach (var line in report.Left)
        {
            Console.WriteLine($"left     {line}");
        }

        foreach (var fault in report.Standing)
        {
            Console.WriteLine($"on record {fault.FaultId}  {fault.Type} on {fault.Target} (pid {fault.OwnerPid}, lease until {fault.ExpiresAt.ToLocalTime():HH:mm:ss})");
        }

        var proof = report.PlatformRuns
            ? "no undo record, no toxic of a fault, no link down, no process stopped or held, no worker, and no fault finds a trace of itself"
            : "no undo record; the platform does not run";
        Console.WriteLine(report.NothingIsLeft ? $"Nothing is left: {proof}." : report.PlatformRuns ? "Something is left." : "Something is left; what waits for a process is undone at the next start: back2code up");
    }
}

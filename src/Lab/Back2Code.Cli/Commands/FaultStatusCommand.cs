using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class FaultStatusCommand
{
    internal static Command Create()
    {
        var json = LabOptions.Json();
        var state = LabOptions.State();
        var command = new Command("status", """
            Show the faults that stand: what, on which target, since when, and how long their lease still runs. Drills' faults are among them.

            Examples:
              back2code fault status
              back2code fault status --json | jq length
            """)
        {
            json, state,
        };
        command.SetAction((parsed, cancellationToken) => FaultCommand.GuardAsync(async () =>
        {
            var paths = new StatePaths(LabOptions.Read(parsed, state).EffectiveStateDirectory);
            GameDayFile.RefuseWhilePlayed(paths.Root);
            var now = TimeProvider.System.GetUtcNow();
            var standing = await FaultJournal.ListAsync(paths.Faults, TimeProvider.System, cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(
                    standing.Select(s => new
                    {
                        s.FaultId,
                        s.Type,
                        s.Target,
                        s.Parameters,
                        s.Since,
                        LeaseSecondsLeft = Math.Round(Math.Max(0, (s.ExpiresAt - now).TotalSeconds), 1),
                        s.OwnerPid,
                        s.Abandoned,
                    }),
                    JsonSerializerOptions.Web));
                return 0;
            }

            Print(standing, now);
            return 0;
        }));
        return command;
    }

    private static void Print(IReadOnlyList<StandingFault> standing, DateTimeOffset now)
    {
        if (standing.Count == 0)
        {
            Console.WriteLine("No fault stands.");
            return;
        }

        foreach (var fault in standing)
        {
            var parameters = string.Concat(fault.Parameters.Select(p => $" {p.Key}={p.Value}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{fault.FaultId}  {fault.Type} on {fault.Target}{parameters}, since {fault.Since.ToLocalTime():HH:mm:ss}, {(fault.Abandoned ? "left behind and about to be undone" : $"lease for {(fault.ExpiresAt - now).TotalSeconds:0} s more, owner pid {fault.OwnerPid}")}"));
        }
    }
}

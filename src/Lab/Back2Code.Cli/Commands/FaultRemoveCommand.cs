using System.CommandLine;
using System.Text.Json;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

internal static class FaultRemoveCommand
{
    internal static Command Create()
    {
        var id = new Argument<string?>("id") { Description = "As `fault status` shows it; its beginning is enough", HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all") { Description = "Every fault that stands, whoever injected it." };
        var json = LabOptions.Json();
        var state = LabOptions.State();
        var command = new Command("remove", """
            End a fault now, whoever injected it, and say what was undone.

            Examples:
              back2code fault remove 019a7c
              back2code fault remove --all

            Exit codes: 0 undone, 1 something could not be undone, 2 there is no such fault.
            """)
        {
            id, all, json, state,
        };
        command.SetAction((parsed, cancellationToken) => FaultCommand.GuardAsync(async () =>
        {
            if (parsed.GetValue(id) is null == !parsed.GetValue(all))
            {
                throw new FaultException("Give the ID of a fault, or --all.");
            }

            var options = LabOptions.Read(parsed, state);
            using var lab = await FaultCommand.ConnectAsync(options, cancellationToken);
            var standing = await FaultJournal.ListAsync(new StatePaths(options.EffectiveStateDirectory).Faults, TimeProvider.System, cancellationToken);
            return await RemoveAsync(lab, Choose(standing, parsed.GetValue(id)), parsed.GetValue(json), cancellationToken);
        }));
        return command;
    }

    private static List<StandingFault> Choose(IReadOnlyList<StandingFault> standing, string? id)
    {
        if (id is null)
        {
            return [.. standing];
        }

        var chosen = standing.Where(s => s.FaultId.StartsWith(id, StringComparison.Ordinal)).ToList();
        return chosen.Count == 1
            ? chosen
            : throw new FaultException($"{(chosen.Count == 0 ? $"No fault stands whose id begins with '{id}'" : $"'{id}' is the beginning of {chosen.Count} ids")}; {(standing.Count == 0 ? "none stands at all" : $"there are {string.Join(", ", standing.Select(s => s.FaultId))}")}.");
    }

    private static async Task<int> RemoveAsync(LabClient lab, List<StandingFault> chosen, bool json, CancellationToken cancellationToken)
    {
        List<object> removed = [];
        var failures = 0;
        foreach (var fault in chosen)
        {
            IReadOnlyList<string> lines;
            try
            {
                // Somebody else may have been quicker; then it is gone, which is what was asked for.
                lines = await lab.RemoveFaultAsync(fault.FaultId, cancellationToken) ?? ["was over already"];
            }
            catch (FaultException e)
            {
                failures++;
                lines = [e.Message];
            }

            removed.Add(new { fault.FaultId, fault.Type, fault.Target, Undone = lines });
            if (!json)
            {
                Console.WriteLine($"{fault.Type} on {fault.Target}: {(lines.Count == 0 ? "over" : string.Join("; ", lines))}");
            }
        }

        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(removed, JsonSerializerOptions.Web));
        }
        else if (chosen.Count == 0)
        {
            Console.WriteLine("No fault stands.");
        }

        return failures == 0 ? 0 : 1;
    }
}

using System.CommandLine;
using System.Text.Json;
using Back2Code.Chaos.Faults;

namespace Back2Code.Cli.Commands;

internal static class FaultListCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static Command Create()
    {
        var family = new Option<string?>("--family") { Description = "Only one family, such as process or tcp.", HelpName = "FAMILY" };
        var json = LabOptions.Json();
        var markdown = new Option<bool>("--markdown") { Description = "Print docs/faults.md." };
        var state = LabOptions.State();
        var command = new Command("list", """
            List the kinds of faults, by family.

            Examples:
              back2code fault list
              back2code fault list --family tcp
              back2code fault list --json | jq -r '.[] | select(.needs == "root") | .type'
            """)
        {
            family, json, markdown, state,
        };
        command.SetAction((parsed, _) => FaultCommand.GuardAsync(() =>
        {
            if (parsed.GetValue(markdown))
            {
                Console.Write(FaultDocument.Markdown());
                return Task.FromResult(0);
            }

            var faults = FaultsOf(parsed.GetValue(family));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(faults.Select(Describe), Indented));
                return Task.FromResult(0);
            }

            Print(faults);
            return Task.FromResult(0);
        }));
        return command;
    }

    public static object Describe(IFault fault) => new
    {
        fault.Type,
        fault.Family,
        fault.Summary,
        fault.Symptom,
        fault.Receipt,
        fault.Undo,
        Needs = fault.Needs.ToString().ToLowerInvariant(),
        fault.Instead,
        Target = fault.TargetKind.ToString().ToLowerInvariant(),
        fault.Lasts,
        Parameters = fault.Parameters.Select(p => new { p.Name, p.Summary, p.Allowed, p.Required }),
        Example = new { fault.Example.Target, fault.Example.Parameters, Command = FaultDocument.Command(fault) },
    };

    private static List<IFault> FaultsOf(string? family)
    {
        var families = FaultFamilies.All.Where(f => FaultCatalogue.All.Any(fault => fault.Family == f)).ToList();
        return family is null || families.Contains(family)
            ? [.. families.Where(f => family is null || f == family).SelectMany(f => FaultCatalogue.All.Where(fault => fault.Family == f))]
            : throw new FaultException($"There is no family '{family}'. There are: {string.Join(", ", families)}.");
    }

    private static void Print(List<IFault> faults)
    {
        var width = faults.Max(f => f.Type.Length) + 2;
        foreach (var family in faults.GroupBy(f => f.Family))
        {
            Console.WriteLine(family.Key);
            foreach (var fault in family)
            {
                Console.WriteLine($"  {fault.Type.PadRight(width)}{fault.Summary}{(fault.Needs == FaultNeeds.Root ? $" Needs root; otherwise {fault.Instead}." : "")}");
            }
        }

        Console.WriteLine();
        Console.WriteLine("Parameters, symptom and an example of one: back2code fault show TYPE");
    }
}

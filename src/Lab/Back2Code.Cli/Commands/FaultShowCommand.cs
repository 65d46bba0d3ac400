using System.CommandLine;
using System.Text.Json;
using Back2Code.Chaos.Faults;

namespace Back2Code.Cli.Commands;

internal static class FaultShowCommand
{
    internal static Command Create()
    {
        var type = new Argument<string>("type") { Description = "As `fault list` names it", HelpName = "TYPE" };
        var json = LabOptions.Json();
        var command = new Command("show", """
            Show what a fault does, what to expect, what proves it, how it is undone, its parameters with their ranges, and a command that injects it.

            Examples:
              back2code fault show link.latency
              back2code fault show process.kill --json
            """)
        {
            type, json,
        };
        command.SetAction((parsed, _) => FaultCommand.GuardAsync(() =>
        {
            var fault = FaultCatalogue.Find(parsed.GetRequiredValue(type));
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(FaultListCommand.Describe(fault), JsonSerializerOptions.Web));
            }
            else
            {
                Print(fault);
            }

            return Task.FromResult(0);
        }));
        return command;
    }

    private static void Print(IFault fault)
    {
        Console.WriteLine($"{fault.Type} ({fault.Family})");
        Console.WriteLine($"  {fault.Summary}");
        Console.WriteLine($"  symptom   {fault.Symptom}");
        Console.WriteLine($"  receipt   {fault.Receipt}");
        Console.WriteLine($"  undo      {fault.Undo}");
        Console.WriteLine($"  target    {(fault.TargetKind == FaultTargetKind.Host ? "host" : $"a {fault.TargetKind.ToString().ToLowerInvariant()}; * stands for any run of characters")}");
        Console.WriteLine($"  lasts     {(fault.Lasts ? "until it is undone: --for, or fault remove" : "happens once")}");
        Console.WriteLine($"  needs     {(fault.Needs == FaultNeeds.User ? "nothing that you have not" : $"root; otherwise {fault.Instead}")}");
        foreach (var parameter in fault.Parameters)
        {
            Console.WriteLine($"  --set {parameter.Name}={(parameter.Required ? "… (required)" : "…")}  {parameter.Summary} {char.ToUpperInvariant(parameter.Allowed[0])}{parameter.Allowed[1..]}.");
        }

        Console.WriteLine($"  example   {FaultDocument.Command(fault)}");
    }
}

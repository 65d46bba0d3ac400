using System.CommandLine;
using Back2Code.Lab.Comparisons;
using Back2Code.Lab.Drills.Settings;

namespace Back2Code.Cli.Commands;

/// <summary><c>drill compare</c>: what a change does, with an interval.</summary>
internal static class DrillCompareCommand
{
    public static Command Create()
    {
        var shared = new VariantCommand();
        var with = new Option<string[]>("--with") { Description = "What is different: traffic.rate|users|warmup|mix, duration, fault.PARAMETER, fault.N.PARAMETER, or GROUP:VARIABLE of a process group's environment. Several belong together", HelpName = "KEY=VALUE", Required = true };
        var pairs = new Option<int>("--pairs") { Description = "How many pairs of runs, 5 at least", DefaultValueFactory = _ => PairedEffect.LeastPairs };
        pairs.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < PairedEffect.LeastPairs or > 100)
            {
                result.AddError("--pairs is 5 to 100: fewer show nothing.");
            }
        });
        var command = new Command("compare", """
            Run a drill with and without a change, in pairs of the same seed and in drawn order, and say what the change does: difference, 95 % interval, effect size.

            Examples:
              back2code drill compare slow-database --with notes:Resilience__postgres__TotalTimeout=00:00:00.8
              back2code drill compare postgres-crash --with traffic.rate=240 --pairs 8 --seed 7

            A change of an environment needs a platform of its own, which is started again before every run. Exits 0 when it was measured, whatever came out; 2 on a
            setting that does not fit; 4 when fewer than five pairs were played to their end; 130 when interrupted.
            """)
        {
            with, pairs,
        };
        shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) => DrillCommand.GuardAsync(async () =>
        {
            var options = shared.Read(parsed);
            var drill = DrillCommand.Catalogue(options.Platform).Load(parsed.GetRequiredValue(shared.Drill));
            var settings = DrillSettings.Parse(parsed.GetValue(with) ?? []);
            var screen = shared.Screen(parsed);
            using var stop = new OperatorStop(() => screen.Say("interrupted: undoing, rolling back, writing what there is (once more to leave at once)"), cancellationToken);
            var (comparison, folder) = await ComparisonSession.RunAsync(drill, settings, parsed.GetValue(pairs), options, screen, TimeProvider.System, stop.Token);
            Print(comparison, folder, shared.Output(parsed));
            if (parsed.GetValue(shared.Json))
            {
                Console.WriteLine(comparison.ToJson());
            }

            return comparison.Interrupted ? 130 : comparison.Pairs.Count(p => p.IsJudged) < PairedEffect.LeastPairs ? 4 : 0;
        }));
        return command;
    }

    private static void Print(Comparison comparison, string folder, TextWriter output)
    {
        new Sheet(output).Table(["figure", "#without", "#with", "#difference", "#95 %", "#Cliff's delta", "#95 %", "#pairs lower", "#sign test"], comparison.Effects.Select(ComparisonHtml.Row));
        foreach (var line in comparison.Verdict)
        {
            output.WriteLine(line);
        }

        foreach (var note in comparison.Notes)
        {
            output.WriteLine($"note: {note}");
        }

        output.WriteLine($"Report: {Sheet.Short(Path.Combine(folder, "comparison.html"))}");
    }
}

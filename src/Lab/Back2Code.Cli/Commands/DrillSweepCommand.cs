using System.CommandLine;
using Back2Code.Lab.Comparisons;

namespace Back2Code.Cli.Commands;

/// <summary><c>drill sweep</c>: the trade-off over a range of values.</summary>
internal static class DrillSweepCommand
{
    public static Command Create()
    {
        var shared = new VariantCommand();
        var vary = new Option<string[]>("--vary") { Description = "A setting (see `drill compare --help`) and its values; several make every combination", HelpName = "KEY=FROM..TO[:STEPS]|KEY=A,B,C", Required = true };
        var repeat = new Option<int>("--repeat") { Description = "How often each point is run, with another seed each time", DefaultValueFactory = _ => 1, HelpName = "N" };
        repeat.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 50)
            {
                result.AddError("--repeat is 1 to 50.");
            }
        });
        var command = new Command("sweep", """
            Run a drill over a range of values and draw availability against latency against load. The points that no other point beats, the Pareto set, are named:
            the threshold to choose is one of them.

            Examples:
              back2code drill sweep slow-database --vary fault.latency=200ms..3s:4
              back2code drill sweep slow-database --vary notes:Resilience__postgres__TotalTimeout=00:00:00.5,00:00:01,00:00:02 --vary traffic.rate=60..240:2 --repeat 3

            Exits 0 when it was measured; 2 on a setting that does not fit; 4 when no point was played to its end; 130 when interrupted.
            """)
        {
            vary, repeat,
        };
        shared.AddTo(command);
        command.SetAction((parsed, cancellationToken) => DrillCommand.GuardAsync(async () =>
        {
            var options = shared.Read(parsed);
            var drill = DrillCommand.Catalogue(options.Platform).Load(parsed.GetRequiredValue(shared.Drill));
            List<SweepAxis> axes = [.. (parsed.GetValue(vary) ?? []).Select(SweepAxis.Parse)];
            var screen = shared.Screen(parsed);
            using var stop = new OperatorStop(() => screen.Say("interrupted: undoing, rolling back, writing what there is (once more to leave at once)"), cancellationToken);
            var (sweep, folder) = await SweepSession.RunAsync(drill, axes, parsed.GetValue(repeat), options, screen, TimeProvider.System, stop.Token);
            Print(sweep, folder, shared.Output(parsed));
            if (parsed.GetValue(shared.Json))
            {
                Console.WriteLine(sweep.ToJson());
            }

            return sweep.Interrupted ? 130 : sweep.Pareto.Count == 0 ? 4 : 0;
        }));
        return command;
    }

    private static void Print(Sweep sweep, string folder, TextWriter output)
    {
        new Sheet(output).Table(["setting", "#load", "#availability", "#p99", "#MTTR", "#budget", "#runs", "Pareto set"], sweep.Points.Select((p, i) => SweepHtml.Row(p, sweep.Pareto.Contains(i))));
        output.WriteLine(sweep.Verdict);
        foreach (var note in sweep.Notes)
        {
            output.WriteLine($"note: {note}");
        }

        output.WriteLine($"Report: {Sheet.Short(Path.Combine(folder, "sweep.html"))}");
    }
}

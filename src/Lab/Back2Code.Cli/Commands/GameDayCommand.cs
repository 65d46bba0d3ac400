using System.CommandLine;
using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Drills;
using Back2Code.Lab.GameDays;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Hidden faults, real traffic, an operator, a score.</summary>
internal static class GameDayCommand
{
    // Properties of an act that are words of its own.
    private static readonly string[] Texts = ["component", "cause", "text"];

    internal const int UsageError = 2;

    internal static Command Create()
    {
        var command = new Command("gameday", """
            A game day: something is broken in secret while real traffic runs, and you have what an operator has: status, metrics, logs, runbooks, and the
            controls restart, rollback and gateway. Say what you see with the commands below, from another terminal; the score is told at the end.

            Examples:
              back2code gameday start --blind --minutes 15
              back2code gameday ack
              back2code gameday diagnose --component notes-1 --cause frozen
              back2code restart notes-1
              back2code gameday mitigate
              back2code gameday writeup postmortem.md
              back2code gameday end
            """)
        {
            CreateStart(),
            CreateStatus(),
            GameDayActs.CreateSimple("ack", "acknowledge", "Say that you have seen it and work on it", "notes fails one request in three, looking at the gateway"),
            GameDayActs.CreateDiagnose(),
            GameDayActs.CreateSimple("mitigate", "mitigate", "Say that users are no longer hurt", "notes-1 restarted"),
            GameDayActs.CreateNote(),
            GameDayActs.CreateHint(),
            GameDayActs.CreateWriteUp(),
            GameDayActs.CreateEnd(),
        };
        return command;
    }

    private static Command CreateStart()
    {
        var blind = new Option<bool>("--blind") { Description = "Tell neither when something was broken nor how many things will be." };
        var faults = Whole("--faults", "How many faults, one after another.", 1, 1, 10);
        var noise = new Option<bool>("--noise") { Description = "Something harmless happens as well." };
        var minutes = Whole("--minutes", "How long at most.", 15, 1, 240);
        var seed = new Option<int?>("--seed") { Description = "Same seed, same faults. Default: drawn, and told at the end." };
        var drills = new Option<string[]>("--drill") { Description = "Only these drills; every one that is fit when left out.", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var player = new Option<string>("--operator") { Description = "Who plays.", HelpName = "NAME", DefaultValueFactory = _ => Environment.UserName };
        var report = new Option<string?>("--report") { Description = "Folder for report.md, gameday.json, sealed.json. Default: reports/<UTC>-gameday", HelpName = "DIR" };
        var journal = new Option<string?>("--journal") { Description = "Folder of your journal; a line is added to its gamedays.md. Default: $BACK2CODE_JOURNAL, or journal/ beside topology.yaml", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Print gameday.json on the standard output; progress goes to the standard error." };
        var state = LabOptions.State();
        var portBase = LabOptions.PortBase();
        var command = new Command("start", """
            Start a game day and stay until it is over; Ctrl-C ends it early. Play from another terminal, or as a program over HTTP (docs/gamedays.md).

            Examples:
              back2code gameday start
              back2code gameday start --blind --faults 3 --noise --minutes 45
              back2code gameday start --seed 7 --drill frozen-replica --json

            Exits 0 when it was played, whatever the score; 2 on a typing error; 4 when it proves nothing, such as when nothing was broken.
            """)
        {
            blind, faults, noise, minutes, seed, drills, player, report, journal, json, state, portBase,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var toJson = parsed.GetValue(json);
            var screen = toJson ? Console.Error : Console.Out;
            var platform = LabOptions.Read(parsed, state, portBase);
            var options = new GameDayOptions
            {
                Session = new DrillSessionOptions
                {
                    Platform = platform,
                    ReportFolder = parsed.GetValue(report),
                    Seed = parsed.GetValue(seed) ?? System.Security.Cryptography.RandomNumberGenerator.GetInt32(int.MaxValue),
                },
                Operator = parsed.GetRequiredValue(player),
                Blind = parsed.GetValue(blind),
                Faults = parsed.GetValue(faults),
                Noise = parsed.GetValue(noise),
                Minutes = parsed.GetValue(minutes),
                Drills = parsed.GetValue(drills) ?? [],
                JournalFolder = parsed.GetValue(journal) ?? Environment.GetEnvironmentVariable("BACK2CODE_JOURNAL") ?? Path.Combine(platform.Home, "journal"),
            };
            using var stop = new OperatorStop(() => screen.WriteLine("… ended early: undoing, reading the ledger, writing the report (once more to leave at once)"), cancellationToken);
            try
            {
                var outcome = await GameDaySession.RunAsync(
                    options, new Lines(screen), file => screen.WriteLine($"the operator's API: {file.Url}/v1/gameday (token in gameday.json of the state folder)"), TimeProvider.System, stop.Token);
                Conclude(outcome, screen);
                if (toJson)
                {
                    Console.WriteLine(outcome.Json);
                }

                return outcome.ExitCode;
            }
            catch (Exception e) when (e is ArgumentException or UnknownDrillException or InvalidExperimentException)
            {
                await Console.Error.WriteLineAsync($"back2code: {e.Message}");
                return UsageError;
            }
        });
        return command;
    }

    private static Command CreateStatus()
    {
        var state = LabOptions.State();
        var json = LabOptions.Json();
        var command = new Command("status", """
            What the game day has told so far, and what you have said.

            Examples:
              back2code gameday status
              back2code gameday status --json | jq .phase
            """)
        {
            state, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = GameDayClient.Connect(LabOptions.Read(parsed, state));
            var status = await client.GetStatusAsync(cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(status.GetRawText());
                return 0;
            }

            Console.WriteLine($"{status.GetProperty("phase").GetString()}, until {status.GetProperty("endsAt").GetDateTimeOffset().ToLocalTime():HH:mm:ss} at the latest; sealed as SHA-256 {status.GetProperty("commitment").GetString()}");
            foreach (var line in status.GetProperty("said").EnumerateArray())
            {
                Console.WriteLine($"  {line.GetString()}");
            }

            foreach (var act in status.GetProperty("acts").EnumerateArray())
            {
                Console.WriteLine($"  {act.GetProperty("at").GetDateTimeOffset().ToLocalTime():HH:mm:ss} you: {act.GetProperty("kind").GetString()} {string.Join(": ", Texts.Select(n => act.GetProperty(n).GetString()).Where(t => t is not null))}");
            }

            return 0;
        });
        return command;
    }

    private static void Conclude(GameDayOutcome outcome, TextWriter screen)
    {
        screen.WriteLine();
        if (outcome.Record.Invalid is { } why)
        {
            screen.WriteLine($"The game day proves nothing: {why}");
        }

        foreach (var round in outcome.Record.Score?.Rounds ?? [])
        {
            var played = outcome.Record.Rounds.Find(r => r.Drill.Name == round.Drill)!;
            screen.WriteLine($"It was {played.Drill.GameDay!.Component}, {played.Drill.GameDay.Causes[0]} (drill {round.Drill}). {played.Drill.GameDay.Mitigation}");
            foreach (var line in round.Lines)
            {
                screen.WriteLine(FormattableString.Invariant($"  {line.Name,-18}{line.Points,4}{(line.Most == 0 ? "" : $" of {line.Most}"),-8}{line.Why}"));
            }
        }

        foreach (var line in outcome.Record.Score?.Deductions ?? [])
        {
            screen.WriteLine(FormattableString.Invariant($"  {line.Name,-18}{line.Points,4}        {line.Why}"));
        }

        if (outcome.Record.Score is { } score)
        {
            screen.WriteLine($"{score.Points} of 100 points, seed {outcome.Record.Plan.Seed}");
        }

        screen.WriteLine($"Report: {Path.Combine(outcome.ReportFolder, "report.md")}; `sha256sum {Path.Combine(outcome.ReportFolder, "sealed.json")}` prints what was sealed.");
    }

    private static Option<int> Whole(string name, string description, int otherwise, int low, int high)
    {
        var option = new Option<int>(name) { Description = $"{description} {low} to {high}.", DefaultValueFactory = _ => otherwise };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && (value < low || value > high))
            {
                result.AddError($"{name} is {low} to {high}.");
            }
        });
        return option;
    }

    private sealed class Lines(TextWriter screen) : IProgress<string>
    {
        public void Report(string value) => screen.WriteLine($"… {value}");
    }
}

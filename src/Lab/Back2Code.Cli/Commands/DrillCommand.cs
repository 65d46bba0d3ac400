using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Breaks the platform on purpose, measures detection and recovery, and writes the incident report.</summary>
internal static class DrillCommand
{
    private const int UsageError = 2;
    private const int Interrupted = 130;

    internal static Command Create() => new("drill", "Break the platform on purpose, and get an incident report")
    {
        CreateRun(),
        CreateList(),
    };

    private static Command CreateRun()
    {
        var name = new Argument<string>("drill") { Description = "Name of a drill (see `drill list`), or the path of a drill file", HelpName = "NAME|FILE" };
        var state = LabOptions.State();
        var portBase = LabOptions.PortBase();
        var json = new Option<bool>("--json") { Description = "Print summary.json on the standard output; progress goes to the standard error" };
        var report = new Option<string?>("--report") { Description = "Folder for report.html, report.md, summary.json and journal.json. Default: reports/<UTC>-<drill>", HelpName = "DIR" };
        var keep = new Option<bool>("--keep") { Description = "Leave the platform running afterwards" };
        var duration = new Option<string?>("--duration") { Description = "Longest time from the injection to the end of traffic, instead of the drill's own; for no-fault the time watched", HelpName = "30s|10m" };
        var seed = new Option<int>("--seed") { Description = "Same seed, same traffic", DefaultValueFactory = _ => 1 };
        var command = new Command("run", """
            Run a drill: start or reuse the platform, send traffic, inject, wait for the alert, watch the recovery, check every acknowledged write.

            Examples:
              back2code drill run postgres-crash
              back2code drill run drills/slow-database.yaml --json --report out
              back2code drill run no-fault --duration 10m
              back2code drill run redis-outage --keep --state /tmp/second --port-base auto

            Exits 0 when every objective is met, 1 when one is missed, 2 on an unknown or invalid drill, 3 when the steady state was not met (nothing was
            injected), 4 when the fault left no trace or the run proves nothing, 5 when the steady state did not return or a rollback failed, 130 when interrupted.
            """)
        {
            name, json, report, keep, duration, seed, state, portBase,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            return GuardAsync(async () =>
            {
                var platform = LabOptions.Read(parsed, state, portBase);
                var drill = WithDuration(new DrillCatalogue(FolderOf(platform)).Load(parsed.GetRequiredValue(name)), parsed.GetValue(duration));
                var options = new DrillSessionOptions
                {
                    Platform = platform,
                    ReportFolder = parsed.GetValue(report),
                    Keep = parsed.GetValue(keep),
                    Seed = parsed.GetValue(seed),
                };
                return await RunAsync(drill, options, parsed.GetValue(json), cancellationToken);
            });
        });
        return command;
    }

    private static Command CreateList()
    {
        var json = LabOptions.Json();
        var state = LabOptions.State();
        var command = new Command("list", """
            List the drills.

            Examples:
              back2code drill list
              back2code drill list --json
            """)
        {
            json, state,
        };
        command.SetAction((parsed, _) => GuardAsync(() =>
        {
            var catalogue = new DrillCatalogue(FolderOf(LabOptions.Read(parsed, state)));
            var drills = catalogue.Names.Select(catalogue.Load).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(drills.Select(Describe), JsonSerializerOptions.Web));
                return Task.FromResult(0);
            }

            var width = drills.Max(d => d.Name.Length) + 2;
            foreach (var drill in drills)
            {
                Console.WriteLine($"{drill.Name.PadRight(width)}{drill.Experiment.Title}");
                Console.WriteLine($"{"".PadRight(width)}{(drill.Faults.Count == 0 ? "nothing is broken" : string.Join(", ", drill.Faults))} · expects {drill.ExpectedAlert ?? "silence"} · {(drill.UsersNotice ? "users notice" : "users notice nothing")}");
            }

            return Task.FromResult(0);
        }));
        return command;
    }

    private static object Describe(Drill drill) => new
    {
        drill.Name,
        drill.Experiment.Title,
        Description = drill.Experiment.Description.Trim(),
        drill.Experiment.Tags,
        Faults = drill.Faults.Select(f => new { f.Type, f.Target, f.Parameters, For = f.For is { } stands ? Durations.Format(stands) : null }),
        drill.ExpectedAlert,
        drill.UsersNotice,
        Duration = Durations.Format(drill.Duration),
        Objectives = new
        {
            MttdSeconds = drill.Objectives.Mttd?.TotalSeconds,
            MttrSeconds = drill.Objectives.Mttr?.TotalSeconds,
            SignalSeconds = drill.Objectives.Signal?.TotalSeconds,
            drill.Objectives.FailedRatio,
            drill.Objectives.Lost,
            drill.Objectives.Duplicated,
            drill.Objectives.Stale,
            drill.Objectives.AlertsAllowed,
        },
    };

    private static async Task<int> RunAsync(Drill drill, DrillSessionOptions options, bool json, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var screen = new DrillScreen(json ? Console.Error : Console.Out, live: !(json ? Console.IsErrorRedirected : Console.IsOutputRedirected));
        var asked = 0;
        using var interrupt = OnSignal(PosixSignal.SIGINT);
        using var terminate = OnSignal(PosixSignal.SIGTERM);
        using var hangUp = OnSignal(PosixSignal.SIGHUP);

        screen.Title(drill);
        var outcome = await DrillSession.RunAsync(drill, options, screen, TimeProvider.System, stop.Token);
        screen.Conclude(drill, outcome);
        if (json)
        {
            Console.WriteLine(outcome.Summary);
        }

        return outcome.ExitCode;

        PosixSignalRegistration OnSignal(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref asked) == 1)
            {
                screen.Say("interrupted: undoing, rolling back, writing the report (once more to leave at once)");
                stop.Cancel();
            }
            else
            {
                // Undo records stay and the next start heals them; our children die with us.
                Environment.Exit(Interrupted);
            }
        });
    }

    private static Drill WithDuration(Drill drill, string? text)
    {
        if (text is null)
        {
            return drill;
        }

        if (!Durations.TryParse(text, out var duration) || duration <= TimeSpan.Zero)
        {
            throw new UsageException($"--duration '{text}' is not a duration; expected for example 30s or 10m.");
        }

        var longest = drill.Faults.Max(f => f.For) ?? TimeSpan.Zero;
        return duration > longest
            ? drill with { Duration = duration }
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--duration {text} is too short: a fault of {drill.Name} stands for {Durations.Format(longest)}, and then the platform has to recover."));
    }

    private static string FolderOf(PlatformOptions platform) => Path.Combine(platform.Home, "drills");

    private static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is UnknownDrillException or UsageException or InvalidExperimentException)
        {
            await Console.Error.WriteLineAsync(e is InvalidExperimentException ? e.Message : $"back2code: {e.Message}");
            return UsageError;
        }
    }

    private sealed class UsageException(string message) : Exception(message);
}

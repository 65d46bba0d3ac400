using System.CommandLine;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary><c>drill run</c>: one drill with its report, or several with a scorecard.</summary>
internal static class DrillRunCommand
{
    private static readonly Argument<string[]> Names = new("drill") { Description = "Names of drills (see `drill list`), or paths of drill files", HelpName = "NAME|FILE", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<bool> All = new("--all") { Description = "Every drill there is" };
    private static readonly Option<string[]> Tags = new("--tag") { Description = "Every drill with this tag; may be given several times", HelpName = "TAG" };
    private static readonly Option<string[]> SkipTags = new("--skip-tag") { Description = "None with this tag", HelpName = "TAG" };
    private static readonly Option<string?> Module = new("--module") { Description = "Every drill of this module of the curriculum", HelpName = "MODULE" };
    private static readonly Option<string?> State = LabOptions.State();
    private static readonly Option<string> PortBase = LabOptions.PortBase();
    private static readonly Option<bool> Json = new("--json") { Description = "Print summary.json, or campaign.json, on the standard output; progress goes to the standard error" };
    private static readonly Option<string?> Report = new("--report") { Description = "Folder for the report, or for the scorecard with a folder for each drill. Default: reports/<UTC>-<drill>, reports/<UTC>-campaign", HelpName = "DIR" };
    private static readonly Option<bool> Keep = new("--keep") { Description = "Leave the platform running afterwards; for one drill only" };
    private static readonly Option<string?> Duration = new("--duration") { Description = "Longest time from the injection to the end of traffic, instead of the drill's own; for no-fault the time watched", HelpName = "30s|10m" };
    private static readonly Option<string[]> Settings = new("--with") { Description = "Change the drill as `drill compare --with` does, for example traffic.rate=240 or fault.latency=3s", HelpName = "KEY=VALUE" };
    private static readonly Option<int> Seed = new("--seed") { Description = "Same seed, same traffic; each further round has the next one", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Repeat = new("--repeat") { Description = "Run every drill so often, round after round", DefaultValueFactory = _ => 1, HelpName = "N" };
    private static readonly Option<bool> FailFast = new("--fail-fast") { Description = "Stop after the first drill that does not complete" };
    private static readonly Option<string?> Budget = new("--budget") { Description = "Begin no drill that would not end within this time", HelpName = "30m" };
    private static readonly Option<string?> JUnit = new("--junit") { Description = "Write the result for a build server", HelpName = "FILE" };
    private static readonly Option<string?> AgainstBaseline = new("--baseline") { Description = "Compare with an earlier campaign, and fail when something is worse", HelpName = "DIR|FILE" };

    public static Command Create()
    {
        var command = new Command("run", """
            Run drills: start or reuse the platform, send traffic, inject, wait for the alert, watch the recovery, check every acknowledged write. Several drills run
            on one platform, one after the other, and give a scorecard.

            Examples:
              back2code drill run postgres-crash
              back2code drill run drills/slow-database.yaml --json --report out
              back2code drill run no-fault --duration 10m
              back2code drill run --all --skip-tag baseline --junit drills.xml
              back2code drill run --tag postgres --repeat 3 --baseline reports/20261120T120000Z-campaign

            Exits 0 when every objective is met, 1 when one is missed or something is worse than the baseline, 2 on an unknown or invalid drill, 3 when the steady
            state was not met (nothing was injected), 4 when the fault left no trace or the run proves nothing, 5 when the steady state did not return or a rollback
            failed, 6 when not every drill was played (--budget, --fail-fast), 130 when interrupted before the verdict stood. Of several drills the worst counts.
            """)
        {
            Names, All, Tags, SkipTags, Module, Json, Report, Keep, Duration, Settings, Seed, Repeat, FailFast, Budget, JUnit, AgainstBaseline, State, PortBase,
        };
        command.SetAction((parsed, cancellationToken) => DrillCommand.GuardAsync(async () =>
        {
            var platform = LabOptions.Read(parsed, State, PortBase);
            var changes = DrillSettings.Parse([.. parsed.GetValue(Settings) ?? [], .. parsed.GetValue(Duration) is { } duration ? (string[])[$"duration={duration}"] : []]);
            if (changes.Environment.Count > 0)
            {
                throw new DrillUsageException("--with changes the drill only; the environment of processes is changed by `drill compare` and `drill sweep`.");
            }

            var drills = Choose(DrillCommand.Catalogue(platform), parsed).Select(changes.ApplyTo).ToList();
            return IsCampaign(parsed, drills)
                ? await RunAllAsync(drills, changes, platform, parsed, cancellationToken)
                : await RunOneAsync(drills[0], changes, platform, parsed, cancellationToken);
        }));
        return command;
    }

    private static bool IsCampaign(ParseResult parsed, List<Drill> drills) =>
        drills.Count > 1 || parsed.GetValue(All) || parsed.GetValue(Tags) is { Length: > 0 } || parsed.GetValue(Module) is not null
        || parsed.GetValue(Repeat) > 1 || parsed.GetValue(JUnit) is not null || parsed.GetValue(AgainstBaseline) is not null;

    private static List<Drill> Choose(DrillCatalogue catalogue, ParseResult parsed)
    {
        var (names, tags, module) = (parsed.GetValue(Names) ?? [], parsed.GetValue(Tags) ?? [], parsed.GetValue(Module));
        var many = parsed.GetValue(All) || tags.Length > 0 || module is not null;
        if (names.Length == 0 && !many)
        {
            throw new DrillUsageException("Which drill? Name one, or several, or choose with --all, --tag TAG or --module MODULE. `back2code drill list` has them.");
        }

        var chosen = names.Select(catalogue.Load).ToList();
        if (many)
        {
            chosen.AddRange(catalogue.Names.Except(chosen.Select(d => d.Name)).Select(catalogue.Load)
                .Where(d => parsed.GetValue(All) || tags.Any(d.Experiment.Tags.Contains) || (module is not null && d.Module == module)));
        }

        if (many)
        {
            // Each time scale needs a platform of its own; those of one scale share theirs.
            chosen = [.. chosen.OrderBy(d => d.TimeScale)];
        }

        var skipped = parsed.GetValue(SkipTags) ?? [];
        chosen.RemoveAll(d => skipped.Any(d.Experiment.Tags.Contains));
        return chosen.Count > 0 ? chosen : throw new DrillUsageException("No drill is left of that choice. `back2code drill list --json` shows tags and modules.");
    }

    private static async Task<int> RunOneAsync(Drill drill, DrillSettings changes, PlatformOptions platform, ParseResult parsed, CancellationToken cancellationToken)
    {
        var json = parsed.GetValue(Json);
        var screen = new DrillScreen(json ? Console.Error : Console.Out, live: !(json ? Console.IsErrorRedirected : Console.IsOutputRedirected));
        using var stop = new OperatorStop(screen.Interrupted, cancellationToken);
        var options = new DrillSessionOptions
        {
            Platform = platform,
            ReportFolder = parsed.GetValue(Report),
            Keep = parsed.GetValue(Keep),
            Seed = parsed.GetValue(Seed),
            Settings = changes.Texts,
        };
        screen.Title(drill);
        var outcome = await DrillSession.RunAsync(drill, options, screen, TimeProvider.System, stop.Token);
        screen.Conclude(drill, outcome);
        if (json)
        {
            Console.WriteLine(outcome.Summary);
        }

        return outcome.ExitCode;
    }

    private static async Task<int> RunAllAsync(List<Drill> drills, DrillSettings changes, PlatformOptions platform, ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(Keep))
        {
            throw new DrillUsageException("--keep is for one drill. Several run on a platform that is found running, if there is one: start it with `back2code up --detach`.");
        }

        // Before anything takes time: a baseline that is not there is a typing error, and so is a file that cannot be written.
        if (parsed.GetValue(JUnit) is { } junit)
        {
            CampaignFiles.RequireWritable(junit);
        }

        var baseline = parsed.GetValue(AgainstBaseline) is { } earlier ? (Name: earlier, Campaign: Campaign.Read(earlier)) : ((string Name, Campaign Campaign)?)null;
        var json = parsed.GetValue(Json);
        var screen = new CampaignScreen(json ? Console.Error : Console.Out, live: !(json ? Console.IsErrorRedirected : Console.IsOutputRedirected));
        using var stop = new OperatorStop(() => screen.Say("interrupted: undoing, rolling back, writing the scorecard (once more to leave at once)"), cancellationToken);
        var options = new CampaignOptions
        {
            Platform = platform,
            Folder = parsed.GetValue(Report),
            Seed = parsed.GetValue(Seed),
            Repeat = parsed.GetValue(Repeat) is var repeat and >= 1 and <= 100 ? repeat : throw new DrillUsageException("--repeat is 1 to 100."),
            FailFast = parsed.GetValue(FailFast),
            Budget = parsed.GetValue(Budget) is { } text ? Durations.TryParse(text, out var time) && time > TimeSpan.Zero ? time : throw new DrillUsageException($"--budget '{text}' is not a duration; expected for example 30m.") : null,
            Settings = changes.Texts,
        };
        var outcome = await CampaignSession.RunAsync(drills, options, screen, TimeProvider.System, stop.Token);
        var comparison = baseline is { } b ? Baseline.Compare(b.Name, b.Campaign, outcome.Campaign) : null;
        await CampaignFiles.WriteAsync(outcome, comparison, parsed.GetValue(JUnit), CancellationToken.None);
        screen.Conclude(outcome, comparison);
        if (json)
        {
            Console.WriteLine(outcome.Campaign.ToJson());
        }

        return outcome.Campaign.ExitCode is var code and not 0 and not Campaign.Incomplete ? code : comparison is { Regressions.Count: > 0 } ? 1 : outcome.Campaign.ExitCode;
    }
}

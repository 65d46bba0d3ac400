using System.CommandLine;
using System.Text.Json;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Faults;
using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Reports.Proof;
using Back2Code.Lab.Supervision;

namespace Back2Code.Cli.Commands;

/// <summary>Breaks the platform on purpose, measures detection and recovery, and writes the incident report.</summary>
internal static class DrillCommand
{
    internal const int UsageError = 2;

    internal static Command Create() => new("drill", "Break the platform on purpose, and get an incident report")
    {
        DrillRunCommand.Create(),
        CreateList(),
        DrillCompareCommand.Create(),
        DrillSweepCommand.Create(),
        DrillVerifyReportCommand.Create(),
    };

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
            var catalogue = Catalogue(LabOptions.Read(parsed, state));
            var drills = catalogue.Names.Select(catalogue.Load).ToList();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(drills.Select(Describe), JsonSerializerOptions.Web));
                return Task.FromResult(0);
            }

            var width = drills.Max(d => d.Name.Length) + 2;
            foreach (var (drill, first) in drills.GroupBy(d => d.Module ?? "your own").OrderBy(g => g.Key, StringComparer.Ordinal).SelectMany(g => g.Select((d, i) => (d, i == 0))))
            {
                Console.Write(first ? $"{drill.Module ?? "your own"}\n" : "");
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
        drill.Module,
        Faults = drill.Faults.Select(f => new { f.Type, f.Target, f.Parameters, For = f.For is { } stands ? Durations.Format(stands) : null }),
        drill.ExpectedAlert,
        drill.UsersNotice,
        drill.Runbook,
        Learn = drill.Learn?.Trim(),
        Prevent = drill.Prevent?.Trim(),
        Duration = Durations.Format(drill.Duration),
        Objectives = new
        {
            MttdSeconds = drill.Objectives.Mttd?.TotalSeconds,
            MttrSeconds = drill.Objectives.Mttr?.TotalSeconds,
            SignalSeconds = drill.Objectives.Signal?.TotalSeconds,
            drill.Objectives.FailedRatio,
            drill.Objectives.Budget,
            drill.Objectives.Lost,
            drill.Objectives.Duplicated,
            drill.Objectives.Stale,
            drill.Objectives.AlertsAllowed,
        },
    };

    /// <summary>Where the drills that come with the platform lie.</summary>
    internal static DrillCatalogue Catalogue(PlatformOptions platform) => new(Path.Combine(platform.Home, "drills"));

    /// <summary>Mistakes of whoever typed the command, or wrote the file, end it with 2 and a sentence.</summary>
    internal static async Task<int> GuardAsync(Func<Task<int>> action)
    {
        try
        {
            return await action();
        }
        catch (Exception e) when (e is UnknownDrillException or DrillUsageException or InvalidExperimentException or DrillSettingException or CampaignException or NotAReportException)
        {
            await Console.Error.WriteLineAsync(e is InvalidExperimentException ? e.Message : $"back2code: {e.Message}");
            return UsageError;
        }
    }
}

/// <summary>The command was typed wrongly in a way that only shows once it is read.</summary>
internal sealed class DrillUsageException(string message) : Exception(message);

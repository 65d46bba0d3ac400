using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Reports.Proof;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Comparisons;

/// <summary>Runs a drill with every combination of values, round after round: each round has every combination once, so that what drifts burdens all alike.</summary>
public static class SweepSession
{
    /// <summary>More would take a day.</summary>
    public const int MostPoints = 100;

    /// <returns>The sweep, and the folder that holds its files.</returns>
    /// <exception cref="DrillSettingException">A value does not fit the drill, or there are too many combinations; nothing was started.</exception>
    /// <exception cref="LabException">The platform cannot be started, or the report cannot be written.</exception>
    public static async Task<(Sweep Sweep, string Folder)> RunAsync(
        Drill drill, IReadOnlyList<SweepAxis> axes, int repeat, VariantOptions options, IProgress<CampaignProgress>? progress, TimeProvider clock, CancellationToken cancellationToken)
    {
        var settings = Combine(axes);
        int[] rates = [.. settings.Select(s => s.ApplyTo(drill).Traffic.Rate)];
        var started = clock.GetUtcNow();
        var folder = CampaignFolder.Create(options.Folder, Path.Combine(options.Platform.Home, "reports"), $"sweep-{drill.Name}", started);
        var runs = settings.Select(_ => new List<RunResult>()).ToList();
        await using var runner = new VariantRunner(drill, options, folder, fresh: settings.Any(s => s.Environment.Count > 0), progress, clock);
        var (interrupted, broken) = (false, false);
        for (var i = 0; i < settings.Count * repeat && !interrupted && !broken; i++)
        {
            interrupted = !await OneAsync(i % settings.Count, i / settings.Count, i + 1) && !broken;
        }

        var sweep = new Sweep
        {
            Product = ReportManifest.CurrentProduct,
            Drill = drill.Name,
            Axes = axes,
            StartedAt = started,
            EndedAt = clock.GetUtcNow(),
            Seed = options.Seed,
            Repeat = repeat,
            Processors = Environment.ProcessorCount,
            Points = [.. settings.Select((s, i) => new SweepPoint(s.Texts, rates[i], runs[i]))],
            Notes = [.. runner.Notes, .. runs.SelectMany(r => r).Where(r => !r.IsJudged).Select(r => $"{string.Join(" ", r.Settings)} does not count: {r.Reason}")],
            Interrupted = interrupted,
        };
        await ComparisonFiles.WriteAsync(folder, "sweep", sweep.ToJson(), SweepHtml.Render(sweep), sweep.EndedAt, CancellationToken.None);
        return (sweep, folder);

        // False when it was interrupted.
        async Task<bool> OneAsync(int point, int round, int number)
        {
            try
            {
                var run = await runner.RunAsync(number, settings.Count * repeat, FormattableString.Invariant($"{point + 1:00}-{round + 1}"), settings[point], options.Seed + round, cancellationToken);
                if (run.ExitCode != 130)
                {
                    runs[point].Add(run);
                    return true;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // What was measured until now is reported.
            }
            catch (LabException e) when (runs.Any(r => r.Count > 0))
            {
                runner.Notes.Add(e.Message);
                broken = true;
            }

            return false;
        }
    }

    internal static IReadOnlyList<DrillSettings> Combine(IReadOnlyList<SweepAxis> axes)
    {
        IEnumerable<string[]> combinations = [[]];
        foreach (var axis in axes)
        {
            combinations = combinations.SelectMany(before => axis.Values.Select(value => (string[])[.. before, $"{axis.Key}={value}"]));
        }

        List<DrillSettings> all = [.. combinations.Select(DrillSettings.Parse)];
        return all.Count <= MostPoints ? all : throw new DrillSettingException(FormattableString.Invariant($"That makes {all.Count} combinations; a sweep has at most {MostPoints}. Take fewer steps, for example KEY=FROM..TO:3."));
    }
}

using Back2Code.Lab.Campaigns;
using Back2Code.Lab.Drills;
using Back2Code.Lab.Drills.Settings;
using Back2Code.Lab.Reports.Proof;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Comparisons;

/// <summary>
/// Runs a drill with and without a setting, in pairs of the same seed. Which of a pair comes first is drawn, half the pairs each way: whatever drifts while the
/// comparison runs, a database that grows, a machine that warms up, then burdens both alike.
/// </summary>
public static class ComparisonSession
{
    /// <returns>The comparison, and the folder that holds its files.</returns>
    /// <exception cref="DrillSettingException">The settings do not fit the drill; nothing was started.</exception>
    /// <exception cref="LabException">The platform cannot be started, or the report cannot be written.</exception>
    public static async Task<(Comparison Comparison, string Folder)> RunAsync(
        Drill drill, DrillSettings with, int pairs, VariantOptions options, IProgress<CampaignProgress>? progress, TimeProvider clock, CancellationToken cancellationToken)
    {
        _ = with.ApplyTo(drill);
        var started = clock.GetUtcNow();
        var folder = CampaignFolder.Create(options.Folder, Path.Combine(options.Platform.Home, "reports"), $"compare-{drill.Name}", started);
        var done = new List<RunPair>();
        await using var runner = new VariantRunner(drill, options, folder, fresh: with.Environment.Count > 0, progress, clock);
        var (interrupted, broken) = (false, false);
        foreach (var (withFirst, i) in Orders(pairs, options.Seed).Select((order, i) => (order, i)))
        {
            var first = await OneAsync(i, 0, withFirst);
            var second = first is null ? null : await OneAsync(i, 1, !withFirst);
            if (first is null || second is null)
            {
                interrupted = !broken;
                break;
            }

            done.Add(withFirst ? new RunPair(options.Seed + i, true, second, first) : new RunPair(options.Seed + i, false, first, second));
        }

        var comparison = new Comparison
        {
            Product = ReportManifest.CurrentProduct,
            Drill = drill.Name,
            Settings = with.Texts,
            StartedAt = started,
            EndedAt = clock.GetUtcNow(),
            Seed = options.Seed,
            Processors = Environment.ProcessorCount,
            Pairs = done,
            Notes = [.. runner.Notes, .. done.Where(p => !p.IsJudged).Select(p => FormattableString.Invariant($"The pair with seed {p.Seed} does not count: {p.Without.Reason ?? p.With.Reason}"))],
            Interrupted = interrupted,
        };
        await ComparisonFiles.WriteAsync(folder, "comparison", comparison.ToJson(), ComparisonHtml.Render(comparison), comparison.EndedAt, CancellationToken.None);
        return (comparison, folder);

        // Null when it was interrupted.
        async Task<RunResult?> OneAsync(int pair, int place, bool changed)
        {
            try
            {
                var name = FormattableString.Invariant($"{pair + 1:00}{"ab"[place]}-{(changed ? "with" : "without")}");
                var run = await runner.RunAsync((2 * pair) + place + 1, 2 * pairs, name, changed ? with : DrillSettings.None, options.Seed + pair, cancellationToken);
                return run.ExitCode == 130 ? null : run;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            catch (LabException e) when (done.Count > 0)
            {
                // What was measured until now is reported.
                runner.Notes.Add(e.Message);
                broken = true;
                return null;
            }
        }
    }

    /// <summary>For each pair whether the changed run comes first: half of them, in an order that the seed draws.</summary>
    internal static IReadOnlyList<bool> Orders(int pairs, int seed)
    {
        bool[] orders = [.. Enumerable.Range(0, pairs).Select(i => i % 2 == 0)];

        // Repeatable by design; nothing here is a secret.
#pragma warning disable CA5394
        new Random(seed).Shuffle(orders);
#pragma warning restore CA5394
        return orders;
    }
}

/// <summary>Writes what a comparison or a sweep leaves in its folder.</summary>
internal static class ComparisonFiles
{
    /// <exception cref="LabException">Something cannot be written.</exception>
    public static async Task WriteAsync(string folder, string name, string json, string html, DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.json"), json + "\n", cancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.html"), html, cancellationToken);
            await ReportManifest.WriteAsync(folder, [$"{name}.json", $"{name}.html"], now, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The report cannot be written: {e.Message}", e);
        }
    }
}

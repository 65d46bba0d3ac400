using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Drills;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>Undoes by hand what faults left behind, and looks whether anything is left.</summary>
public static class Healing
{
    /// <summary>Works with the platform up or down. Faults whose owner lives and whose lease runs are left alone and told of.</summary>
    public static async Task<HealReport> HealAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        var paths = new StatePaths(stateDirectory);
        using var lab = await LabClient.TryConnectAsync(stateDirectory, cancellationToken);
        if (lab is null)
        {
            var settled = await LeftBehind.SettleAsync(stateDirectory, cancellationToken);
            return new HealReport(
                PlatformRuns: false,
                Healed: settled?.Healed ?? [],
                Left: [.. settled?.Failed ?? [], .. settled?.Waiting ?? []],
                Standing: await FaultJournal.ListAsync(paths.Faults, TimeProvider.System, cancellationToken));
        }

        if (Directory.EnumerateFiles(paths.Faults, "*.draft").Any())
        {
            // Half a record, of one who died while writing it or of one who is just at it: a second tells which.
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
        }

        var status = await lab.GetStatusAsync(cancellationToken);
        using var target = new LabFaultTarget(lab, paths, status, TimeProvider.System);
        var healed = await FaultJournal.HealAsync(target, HealScope.Abandoned, cancellationToken);
        return new HealReport(
            PlatformRuns: true,
            healed.Healed,
            [.. healed.Failed, .. await TracesAsync(lab, target, cancellationToken)],
            await FaultJournal.ListAsync(paths.Faults, TimeProvider.System, cancellationToken));
    }

    private static async Task<IReadOnlyList<string>> TracesAsync(LabClient lab, LabFaultTarget target, CancellationToken cancellationToken)
    {
        try
        {
            var standing = await FaultJournal.ListAsync(target.FaultsDirectory, target.Time, cancellationToken);
            var traces = await PlatformTraces.FindAsync(target, cancellationToken);
            var held = (await lab.GetStatusAsync(cancellationToken)).Processes.Where(p => p.State == ProcessState.Held && standing.Count == 0).Select(p => $"{p.Name}: is held down");
            var workers = (await lab.ListWorkersAsync(cancellationToken)).Where(w => !standing.Any(s => w.Contains(s.FaultId, StringComparison.Ordinal))).Select(w => $"worker {w} runs");
            return [.. traces, .. held, .. workers];
        }
        catch (Exception e) when (e is ToxiproxyException or HttpRequestException or FaultException)
        {
            return [$"the platform cannot be looked at: {e.Message}"];
        }
    }
}

/// <param name="PlatformRuns">Whether there was a platform to ask.</param>
/// <param name="Healed">One line for each fault that was undone.</param>
/// <param name="Left">What is still there and should not be: records that could not be undone, and traces that no fault explains.</param>
/// <param name="Standing">Faults on record now.</param>
public sealed record HealReport(bool PlatformRuns, IReadOnlyList<string> Healed, IReadOnlyList<string> Left, IReadOnlyList<StandingFault> Standing)
{
    public bool NothingIsLeft => Left.Count == 0 && Standing.Count == 0;
}

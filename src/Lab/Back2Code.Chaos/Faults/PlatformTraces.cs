using System.Text.RegularExpressions;
using Back2Code.Chaos.Faults.Processes;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults;

/// <summary>What faults have left on a running platform, by asking the platform itself and not the undo records.</summary>
public static partial class PlatformTraces
{
    /// <summary>One line for each trace that no standing fault explains; empty on a platform that is whole.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        var standing = await FaultJournal.ListAsync(platform.FaultsDirectory, platform.Time, cancellationToken);
        List<string> traces =
        [
            .. await FindOnLinksAsync(platform, standing, cancellationToken),
            .. await FindStoppedAsync(platform, standing, cancellationToken),
        ];
        foreach (var fault in FaultCatalogue.All.Where(f => standing.All(s => s.Type != f.Type)))
        {
            traces.AddRange(await fault.FindTracesAsync(platform, cancellationToken));
        }

        return traces;
    }

    private static async Task<IEnumerable<string>> FindOnLinksAsync(IFaultTarget platform, IReadOnlyList<StandingFault> standing, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<ProxyDocument> links;
        try
        {
            links = [.. (await platform.Toxiproxy.ListAsync(cancellationToken)).Values];
        }
        catch (FaultException)
        {
            // A platform without a fault proxy has no links to look at.
            return [];
        }

        // A link that somebody has switched off by hand is no trace of a fault; one that a fault has switched off cannot be told from it, so both count.
        return links.SelectMany(l => l.Toxics.Where(t => OfFault().IsMatch(t.Name) && !standing.Any(s => t.Name.StartsWith(s.FaultId, StringComparison.Ordinal)))
                .Select(t => $"{l.Name}: toxic {t.Name} ({t.Type}) is there"))
            .Concat(links.Where(l => !l.Enabled && standing.All(s => s.Type != "link.down")).Select(l => $"{l.Name}: is down"));
    }

    private static async Task<IEnumerable<string>> FindStoppedAsync(IFaultTarget platform, IReadOnlyList<StandingFault> standing, CancellationToken cancellationToken)
    {
        if (standing.Any(s => s.Type is "process.freeze" or "process.stutter"))
        {
            return [];
        }

        var running = (await platform.ListProcessesAsync(cancellationToken)).Where(p => p.Pid is not null);
        return
        [
            .. running.Select(p => (p.Name, Process: LinuxProcess.Find(p.Pid!.Value)))
                .Where(p => p.Process is not null && p.Process.ListTree().Any(one => one.IsStopped))
                .Select(p => $"{p.Name}: pid {p.Process!.Pid} or one below it is stopped"),
        ];
    }

    // Toxics of faults carry the fault's id.
    [GeneratedRegex(@"\A[0-9a-f]{32}-(up|down)stream\z")]
    private static partial Regex OfFault();
}

using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary>Watches one link after a fault was put on it: the proxy's own counters of real traffic, and a probe of ours, until one of them shows it.</summary>
internal sealed class LinkWatch(IFaultTarget platform, ProxyDocument link)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    public string Link => link.Name;

    /// <summary>The same exchange while the link is whole, to compare with.</summary>
    public Task<ProbeResult> AskBeforeAsync(CancellationToken cancellationToken) => AskAsync(TimeSpan.FromSeconds(1), cancellationToken);

    public Task<ProbeResult> AskAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        LinkProbe.AskAsync(link.Name, link.Listen, patience, platform.Time, cancellationToken);

    /// <summary>How long the server's end of a connection stays open after the client has closed its own.</summary>
    public Task<ProbeResult> CloseAsync(TimeSpan patience, CancellationToken cancellationToken) =>
        LinkProbe.CloseAsync(link.Listen, patience, platform.Time, cancellationToken);

    public Task<ProxyStatisticsDocument> ReadAsync(CancellationToken cancellationToken) => platform.Toxiproxy.GetStatisticsAsync(link.Name, cancellationToken);

    /// <summary>Looks at counters and probe until <paramref name="judge"/> has seen the effect or the patience ends, then returns its last judgement.</summary>
    public async Task<Evidence> UntilSeenAsync(
        TimeSpan patience, Func<ProxyStatisticsDocument, ProbeResult?, Evidence> judge, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var probe = AskAsync(patience, ended.Token);
        long start = platform.Time.GetTimestamp();
        while (true)
        {
            ProbeResult? answer = probe.IsCompletedSuccessfully ? await probe : null;
            var evidence = judge(await ReadAsync(cancellationToken), answer);
            if (evidence.Observed || platform.Time.GetElapsedTime(start) >= patience)
            {
                await ended.CancelAsync();
                await ((Task)probe).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return evidence;
            }

            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
    }
}

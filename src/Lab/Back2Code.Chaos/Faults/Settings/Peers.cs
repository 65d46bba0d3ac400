using Back2Code.Chaos.Faults.Gateway;

namespace Back2Code.Chaos.Faults.Settings;

/// <summary>The other replicas of a process, as the gateway sees them.</summary>
internal static class Peers
{
    private const int InService = 2;

    // The gateway gives a server that returns its share step by step, over four seconds. Beyond twice that it does not come.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Waits until the others carry their whole share: a replica that is ready is cold, and to take the next one away at that moment would leave it alone with
    /// everybody. Returns when that does not come, too: where all are to be disturbed, the first may be down for good.
    /// </summary>
    public static async Task AwaitInServiceAsync(IFaultTarget platform, string process, CancellationToken cancellationToken)
    {
        var start = platform.Time.GetTimestamp();
        while (!await AreInServiceAsync(platform, process, cancellationToken) && platform.Time.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(Interval, platform.Time, cancellationToken);
        }
    }

    private static async Task<bool> AreInServiceAsync(IFaultTarget platform, string process, CancellationToken cancellationToken)
    {
        try
        {
            var servers = await GatewayState.ListServersAsync(platform, cancellationToken);
            var backend = servers.FirstOrDefault(s => s.Name == process)?.Backend;
            return servers.Where(s => s.Backend == backend && s.Name != process).All(s => s.OperationalState == InService);
        }
        catch (FaultException)
        {
            // No gateway, or none that answers: nobody to wait for.
            return true;
        }
    }
}

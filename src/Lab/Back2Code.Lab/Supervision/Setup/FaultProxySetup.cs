using Back2Code.Chaos.Proxy;
using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Setup;

/// <summary>Gives the fault proxy its links, at every start: it keeps them in memory only. Their clients start after that.</summary>
internal sealed class FaultProxySetup(PlatformTopology topology, PortPlan ports) : IProcessSetup, IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri($"http://127.0.0.1:{ports.TryPortOf(topology.Proxy!)}"),
        Timeout = TimeSpan.FromSeconds(5),
    };

    public Task PrepareAsync(LaunchPlan plan, CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        var links = topology.Links.Select(link => new ProxyDocument
        {
            Name = link.Name,
            Listen = $"127.0.0.1:{ports.ListenPort(link)}",
            Upstream = $"127.0.0.1:{ports.UpstreamPort(link)}",
        });
        await new ToxiproxyClient(_http).PopulateAsync([.. links], cancellationToken);
    }

    public void Dispose() => _http.Dispose();
}

namespace Back2Code.Lab.Topology;

/// <summary>The topology's offsets as real ports.</summary>
internal sealed class PortPlan(PlatformTopology topology, int portBase)
{
    public int Base { get; } = portBase;

    public int? TryPortOf(string process, string name = "") =>
        topology.Find(process)?.Ports.TryGetValue(name, out var port) == true ? Base + port.Offset : null;

    /// <param name="port">Name of the server's port; null for whichever the client's first link to it goes to.</param>
    public int? TryLinkPort(string client, string server, string? port = null) =>
        topology.Links.FirstOrDefault(l => l.Client == client && l.Server == server && (port is null || l.ServerPort == port)) is { } link ? Base + link.Offset : null;

    public int ListenPort(LinkSpec link) => Base + link.Offset;

    public int UpstreamPort(LinkSpec link) => TryPortOf(link.Server, link.ServerPort)!.Value;

    /// <summary>Every port that the platform will listen on, and which of its processes does.</summary>
    public IEnumerable<(int Port, bool Udp, string User)> All() =>
        topology.Processes
            .SelectMany(p => p.Ports.Select(port => (Base + port.Value.Offset, port.Value.Udp, port.Key.Length == 0 ? p.Name : $"{p.Name} {port.Key}")))
            .Concat(topology.Links.Select(l => (Base + l.Offset, false, $"link {l.Name}")));
}

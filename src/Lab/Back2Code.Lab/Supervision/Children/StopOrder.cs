using Back2Code.Lab.Topology;

namespace Back2Code.Lab.Supervision.Children;

/// <summary>Who must be down before whom: clients before the servers they call, and what waited before what it waited for.</summary>
internal static class StopOrder
{
    /// <summary>For each process, those that are stopped before it.</summary>
    public static ILookup<string, string> Before(PlatformTopology topology)
    {
        var serversOf = topology.Processes.ToDictionary(
            p => p.Name,
            p => p.After.Concat(topology.Links.Where(l => l.Client == p.Name).Select(l => l.Server)).Distinct().ToList());

        // Links may form a circle (two services that call each other). An edge back to what is still being ranked is dropped:
        // some order is needed, and there is no better one.
        var edges = new List<(string Client, string Server)>();
        var ranked = new HashSet<string>();
        var ranking = new HashSet<string>();
        foreach (var process in topology.Processes)
        {
            Rank(process.Name);
        }

        return edges.ToLookup(e => e.Server, e => e.Client);

        void Rank(string name)
        {
            if (!ranking.Add(name))
            {
                return;
            }

            foreach (var server in serversOf[name])
            {
                Rank(server);
                if (ranked.Contains(server))
                {
                    edges.Add((name, server));
                }
            }

            ranked.Add(name);
        }
    }
}

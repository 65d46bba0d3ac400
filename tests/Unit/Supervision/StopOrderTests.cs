using Back2Code.Lab.Supervision.Children;
using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

public sealed class StopOrderTests
{
    [Fact]
    public void Clients_are_stopped_before_their_servers_and_the_proxy_last()
    {
        var before = StopOrder.Before(TopologyFile.Load(Path.Combine(Repository.Root, "topology.yaml")));

        Assert.Superset(new HashSet<string> { "notes-1", "notes-2", "notifications", "monitoring" }, before["postgres"].ToHashSet());
        Assert.Contains("gateway", before["notes-1"]);
        Assert.Contains("rabbitmq", before["epmd"]);
        // monitoring asks alertmanager and alertmanager tells monitoring: one of the two is first.
        Assert.NotEqual(before["monitoring"].Contains("alertmanager"), before["alertmanager"].Contains("monitoring"));
        Assert.Contains("gateway", before["toxiproxy"]);
    }

    [Fact]
    public void Services_that_call_each_other_still_have_an_order()
    {
        var before = StopOrder.Before(TopologyFile.Parse("topology.yaml", """
            version: 1
            proxy: proxy
            links: {a: [b], b: [a]}
            processes:
              proxy: {program: sleep, port: 1}
              a: {program: sleep, port: 2}
              b: {program: sleep, port: 3}
            """));

        // One of the two waits for the other, not both.
        Assert.NotEqual(before["a"].Contains("b"), before["b"].Contains("a"));
    }
}

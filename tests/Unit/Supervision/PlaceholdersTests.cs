using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

public sealed class PlaceholdersTests
{
    private static readonly PlatformTopology Topology = TopologyFile.Parse("topology.yaml", """
        version: 1
        proxy: proxy
        links: {gateway: [notes, proxy, proxy.api]}
        processes:
          proxy: {program: sleep, port: 1, ports: {api: 2}}
          notes: {program: sleep, replicas: 2, port: 101}
          gateway: {program: sleep, port: 80, ports: {metrics: 81}}
        """);

    [Theory]
    [InlineData("${name} of ${group}", "gateway of gateway")]
    [InlineData("${port}/${port.gateway.metrics}/${port.notes-2}", "18080/18081/18102")]
    [InlineData("${link.notes-1}", "18200")]
    [InlineData("${link.proxy}/${link.proxy.api}", "18202/18203")]
    [InlineData("${data}:${secret.redis}", "/s/data:secret of redis")]
    [InlineData("$HOME {} ${", "$HOME {} ${")]
    public void Known_ones_are_filled_in(string text, string expected) => Assert.Equal(expected, Gateway().Resolve(new YamlText(text, 1, 1), "f"));

    [Theory]
    [InlineData("${prot}", "${prot} is unknown to gateway")]
    [InlineData("${link.redis}", "${link.redis}: gateway has no such link")]
    [InlineData("${port.gateway.api}", "unknown")]
    public void An_unknown_one_is_an_error_at_its_place(string text, string problem)
    {
        var error = Assert.Throws<TopologyException>(() => Gateway().Resolve(new YamlText(text, 12, 5), "/x/topology.yaml"));

        Assert.StartsWith("topology.yaml:12:5: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_for_replicas_is_written_once_for_each()
    {
        var text = Gateway().ResolveFile("backend\n  server ${replica:notes} 127.0.0.1:${link.${replica:notes}} check\nend", "haproxy.cfg");

        Assert.Equal("backend\n  server notes-1 127.0.0.1:18200 check\n  server notes-2 127.0.0.1:18201 check\nend", text);
    }

    [Fact]
    public void An_error_in_a_template_names_the_template_and_its_line()
    {
        var error = Assert.Throws<TopologyException>(() => Gateway().ResolveFile("a\nb ${c}", "/x/haproxy.cfg"));

        Assert.StartsWith("haproxy.cfg:2:", error.Message, StringComparison.Ordinal);
    }

    private static Placeholders Gateway() => new(
        Topology,
        new PortPlan(Topology, 18_000),
        Topology.Find("gateway")!,
        new Dictionary<string, string> { ["data"] = "/s/data" },
        name => $"secret of {name}");
}

using System.Text.Json;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Grafana;

/// <summary>Dashboards that Grafana would take without a complaint. That their queries find something is an end-to-end test.</summary>
public sealed class DashboardTests
{
    private static string Folder => Path.Combine(Repository.Root, "deploy", "grafana");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Path.Combine(Folder, "dashboards"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Fact]
    public void There_is_one_for_each_part() =>
        Assert.Subset(Names.Select(row => row.Data).ToHashSet(), new HashSet<string> { "overview", "service", "slo", "postgresql", "redis", "rabbitmq", "haproxy" });

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_found_by_its_own_id_and_asks_the_chosen_prometheus(string name)
    {
        using var dashboard = Read(name);
        var root = dashboard.RootElement;

        Assert.Equal("back2code-" + name, root.GetProperty("uid").GetString());
        Assert.Contains(root.GetProperty("templating").GetProperty("list").EnumerateArray(), v => v.GetProperty("name").GetString() == "datasource");
        Assert.All(Panels(root), panel => Assert.Equal("${datasource}", panel.GetProperty("datasource").GetProperty("uid").GetString()));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_panel_has_a_title_a_query_and_a_place_of_its_own(string name)
    {
        using var dashboard = Read(name);
        var all = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();

        Assert.Distinct(all.Select(p => p.GetProperty("id").GetInt32()));
        Assert.All(Panels(dashboard.RootElement), panel =>
        {
            Assert.NotEmpty(panel.GetProperty("title").GetString()!);
            Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
            Assert.All(panel.GetProperty("targets").EnumerateArray(), target => Assert.NotEmpty(target.GetProperty("expr").GetString()!));
        });
        var places = all.Select(p => p.GetProperty("gridPos")).SelectMany(Cells).ToList();
        Assert.Distinct(places);
        Assert.All(places, place => Assert.InRange(place.X, 0, 23));
    }

    [Fact]
    public void Provisioning_leaves_the_addresses_to_the_environment()
    {
        Assert.Contains("${BACK2CODE_PROMETHEUS_URL}", File.ReadAllText(Path.Combine(Folder, "provisioning", "datasources", "prometheus.yaml")), StringComparison.Ordinal);
        Assert.Contains("${BACK2CODE_DASHBOARDS}", File.ReadAllText(Path.Combine(Folder, "provisioning", "dashboards", "back2code.yaml")), StringComparison.Ordinal);
    }

    private static JsonDocument Read(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "dashboards", name + ".json")));

    private static IEnumerable<JsonElement> Panels(JsonElement dashboard) =>
        dashboard.GetProperty("panels").EnumerateArray().Where(p => p.GetProperty("type").GetString() != "row");

    private static IEnumerable<(int X, int Y)> Cells(JsonElement place) =>
        from x in Enumerable.Range(place.GetProperty("x").GetInt32(), place.GetProperty("w").GetInt32())
        from y in Enumerable.Range(place.GetProperty("y").GetInt32(), place.GetProperty("h").GetInt32())
        select (x, y);
}

using Back2Code.Lab.Topology;

namespace Back2Code.UnitTests.Supervision;

public sealed class TopologyFileTests
{
    [Fact]
    public void Replicas_become_processes_with_ports_in_a_row()
    {
        var topology = Parse("""
            version: 1
            processes:
              notes: {program: sleep, replicas: 3, port: 101}
            """);

        Assert.Equal(["notes-1:101", "notes-2:102", "notes-3:103"], topology.Processes.Select(p => $"{p.Name}:{p.Ports[""].Offset}"));
        Assert.All(topology.Processes, p => Assert.Equal("notes", p.Group));
    }

    [Fact]
    public void Links_are_numbered_in_the_order_of_the_file_for_every_client_and_server()
    {
        var topology = Parse("""
            version: 1
            proxy: proxy
            links:
              notes: [redis]
              gateway: [notes, redis.metrics]
            processes:
              gateway: {program: sleep}
              proxy: {program: sleep, port: 1}
              redis: {program: sleep, port: 2, ports: {metrics: 3}}
              notes: {program: sleep, replicas: 2, port: 4}
            """);

        Assert.Equal(
            ["notes-1-to-redis 200", "notes-2-to-redis 201", "gateway-to-notes-1 202", "gateway-to-notes-2 203", "gateway-to-redis 204"],
            topology.Links.Select(l => $"{l.Name} {l.Offset}"));
        var plan = new PortPlan(topology, 18_000);
        Assert.Equal(18_003, plan.UpstreamPort(topology.Links[4]));
    }

    [Fact]
    public void A_second_link_to_a_server_is_named_after_the_port_as_well()
    {
        var topology = Parse("""
            version: 1
            proxy: proxy
            links: {web: [queue, queue.metrics]}
            processes:
              proxy: {program: sleep, port: 1}
              queue: {program: sleep, port: 2, ports: {metrics: 3}}
              web: {program: sleep}
            """);

        var plan = new PortPlan(topology, 18_000);

        Assert.Equal(["web-to-queue 18002", "web-to-queue-metrics 18003"], topology.Links.Select(l => $"{l.Name} {plan.UpstreamPort(l)}"));
        Assert.Equal((18_200, 18_201), (plan.TryLinkPort("web", "queue"), plan.TryLinkPort("web", "queue", "metrics")));
    }

    [Fact]
    public void A_client_of_a_link_waits_for_the_proxy_and_a_group_means_all_its_replicas()
    {
        var topology = Parse("""
            version: 1
            proxy: proxy
            links: {web: [db]}
            processes:
              proxy: {program: sleep, port: 1}
              db: {program: sleep, port: 2}
              worker: {program: sleep, replicas: 2}
              web: {program: sleep, after: [worker]}
            """);

        Assert.Equal(["worker-1", "worker-2", "proxy"], topology.Find("web")!.After);
    }

    [Theory]
    [InlineData("version: 1\nprocesses:\n  a: {program: sleep, prot: 1}\n", 3, 23, "unknown key `prot`")]
    [InlineData("version: 1\nprocesses:\n  a: {program: sleep, port: 99999}\n", 3, 29, "a port is an offset")]
    [InlineData("version: 1\nprocesses:\n  a: {}\n", 3, 6, "needs either `program` or `assembly`")]
    [InlineData("version: 1\nprocesses:\n  A: {program: x}\n", 3, 6, "is no name for a process")]
    [InlineData("version: 2\nprocesses: {}\n", 1, 10, "only version")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, after: [b]}\n", 3, 6, "waits for `b`")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, after: [a]}\n", 3, 6, "wait for each other: a → a")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, port: 7}\n  b: {program: y, port: 7}\n", 4, 6, "given to both a and b")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, port: 200}\n", 3, 6, "range of the links")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, ready: {probe: tcp}}\n", 3, 26, "needs the process to have a `port`")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, port: 1, ready: {probe: ping}}\n", 3, 43, "unknown probe `ping`")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, port: 1, ready: {probe: tcp, alive: /live}}\n", 3, 55, "`alive` is a path of an http probe")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, restart: {hung: soon}}\n", 3, 35, "must be a duration")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, stop: {timeout: 5}}\n", 3, 35, "must be a duration")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, arguments: ['-p', '${secret.redis}']}\n", 3, 37, "could be read by everyone in `ps`")]
    [InlineData("version: 1\nlinks: {a: [b]}\nprocesses:\n  a: {program: x}\n", 2, 8, "no `proxy`")]
    [InlineData("version: 1\nproxy: a\nlinks: {a: [b]}\nprocesses:\n  a: {program: x}\n", 3, 13, "link to `b`")]
    [InlineData("version: 1\nproxy: a\nlinks: {a: [b.x]}\nprocesses:\n  a: {program: x}\n  b: {program: x, port: 1}\n", 3, 13, "no TCP port named `x`")]
    [InlineData("version: 1\nprocesses:\n  a: {program: x, schemas: [notes], observers: [nobody]}\n", 3, 48, "`nobody` is not among the `schemas`")]
    [InlineData("version: 1\nproxy: a\nlinks: {a: [b, b]}\nprocesses:\n  a: {program: x}\n  b: {program: x, port: 1}\n", 3, 8, "two links named a-to-b")]
    [InlineData("version: 1\nversion: 1\n", 2, 1, "uplicate key")]
    [InlineData("a: [1\nb: 2", 2, 1, "not YAML")]
    [InlineData("a: {b: 'c}", 1, 8, "")]
    [InlineData("just text", 1, 1, "must be a mapping")]
    [InlineData("", 1, 1, "empty")]
    public void An_error_names_its_line_and_column(string text, int line, int column, string problem)
    {
        var error = Assert.Throws<TopologyException>(() => Parse(text));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.StartsWith($"topology.yaml:{line}:{column}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 30)]
    [InlineData(", restart: {cap: 1s}", 30)]
    [InlineData(", restart: {hung: 5s}", 5)]
    [InlineData(", restart: {hung: never}", null)]
    public void A_process_that_hangs_is_given_thirty_seconds_unless_the_file_says_otherwise(string restart, int? seconds)
    {
        var topology = Parse($"version: 1\nprocesses:\n  a: {{program: x{restart}}}\n");

        Assert.Equal(seconds, topology.Processes[0].Restart.Hung?.TotalSeconds);
    }

    [Fact]
    public void The_file_of_the_repository_names_the_processes_and_links_that_scripts_rely_on()
    {
        var topology = TopologyFile.Load(Path.Combine(Repository.Root, "topology.yaml"));

        Assert.Equal(
            ["toxiproxy:74", "postgres:32", "redis:79", "epmd:76", "rabbitmq:72", "prometheus:90", "alertmanager:93", "gateway:80", "identity:131", "notes-1:101", "notes-2:102", "notifications:111", "monitoring:121"],
            topology.Processes.Select(p => $"{p.Name}:{p.Ports[""].Offset}"));
        Assert.Equal("notes-1-to-postgres", topology.Links[0].Name);
        Assert.Contains(topology.Links, l => l.Name == "alertmanager-to-monitoring");
        Assert.Equal(34, topology.Links.Count);
    }

    [Fact]
    public async Task The_launcher_reads_programs_packages_and_projects_from_the_topology()
    {
        var topology = TopologyFile.Load(Path.Combine(Repository.Root, "topology.yaml"));
        string[] programs = [.. topology.Processes.Where(p => p.Program is not null).Select(p => $"{p.Program!.Value.Value} {p.Package}"), "setpriv util-linux"];
        string[] projects = [.. topology.Processes.Where(p => p.Assembly is not null).Select(p => p.Assembly!.Value.Value.Split('/')[0]).Distinct().Order(StringComparer.Ordinal)];

        Assert.Equal(programs, await AskLauncherAsync("list_programs"));
        Assert.Equal(projects, await AskLauncherAsync("list_projects"));
    }

    /// <summary>The lines that one of its functions prints.</summary>
    private static async Task<string[]> AskLauncherAsync(string function)
    {
        var start = new System.Diagnostics.ProcessStartInfo(
            "bash", ["-euo", "pipefail", "-c", $"home=$1; eval \"$(sed -n '/^{function}() {{/,/}}$/p' \"$home/back2code\")\"; {function}", "bash", Repository.Root])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["LC_ALL"] = "C";
        using var bash = System.Diagnostics.Process.Start(start)!;
        var output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static PlatformTopology Parse(string text) => TopologyFile.Parse("/somewhere/topology.yaml", text);
}

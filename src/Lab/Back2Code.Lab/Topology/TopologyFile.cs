using System.Text.RegularExpressions;

namespace Back2Code.Lab.Topology;

/// <summary>Reads topology.yaml. The whole shape is checked here; placeholders are checked when they are resolved, still before anything starts.</summary>
internal static partial class TopologyFile
{
    public static PlatformTopology Load(string file) => Parse(file, File.ReadAllText(file));

    public static PlatformTopology Parse(string file, string text)
    {
        var root = YamlSection.Parse(file, text);
        if (root.Number("version", 1, int.MaxValue) is not 1)
        {
            throw root.ErrorAt("version", "`version: 1` is the only version there is");
        }

        var dotnet = root.Section("dotnet");
        var environment = dotnet?.Map("environment") ?? new Dictionary<string, YamlText>();
        dotnet?.RejectUnknownKeys();

        var section = root.Section("processes") ?? throw root.Error("`processes` is missing");
        var processes = section.Keys.SelectMany(name => ReadGroup(section, name)).ToList();
        if (processes.Count == 0)
        {
            throw section.Error("`processes` names no process");
        }

        CheckPorts(section, processes);
        var proxy = ReadProxy(root, processes);
        var links = ReadLinks(root, processes, proxy);
        root.RejectUnknownKeys();

        processes = [.. processes.Select(p => p with { After = ResolveAfter(section, p, processes, links, proxy) })];
        CheckCycles(section, processes);
        return new PlatformTopology(file, processes, links, proxy, environment);
    }

    private static IEnumerable<ProcessSpec> ReadGroup(YamlSection processes, string name)
    {
        if (!Name().IsMatch(name))
        {
            throw processes.ErrorAt(name, $"`{name}` is no name for a process: lower-case letters, digits and dashes, from a letter");
        }

        var section = processes.Section(name)!;
        var replicas = section.Number("replicas", 1, 9);
        var spec = ProcessReader.Read(section, name);
        section.RejectUnknownKeys();

        if (replicas is null)
        {
            return [spec];
        }

        // Replica n takes the n-th port from the one given.
        return Enumerable.Range(1, replicas.Value).Select(n => spec with
        {
            Name = $"{name}-{n}",
            Ports = spec.Ports.ToDictionary(p => p.Key, p => p.Value with { Offset = p.Value.Offset + n - 1 }),
        });
    }

    private static void CheckPorts(YamlSection section, List<ProcessSpec> processes)
    {
        var taken = new Dictionary<PortSpec, string>();
        foreach (var process in processes)
        {
            foreach (var (_, port) in process.Ports)
            {
                if (port.Offset >= PlatformTopology.FirstLinkOffset)
                {
                    throw section.ErrorAt(process.Group, $"port {port.Offset} of {process.Name} is in the range of the links, which begins at {PlatformTopology.FirstLinkOffset}");
                }

                if (!taken.TryAdd(port, process.Name))
                {
                    throw section.ErrorAt(process.Group, $"port {port.Offset} is given to both {taken[port]} and {process.Name}");
                }
            }
        }
    }

    private static string? ReadProxy(YamlSection root, List<ProcessSpec> processes)
    {
        if (root.Text("proxy") is not { } proxy)
        {
            return null;
        }

        return processes.Any(p => p.Name == proxy.Value)
            ? proxy.Value
            : throw root.ErrorAt("proxy", $"`proxy` names `{proxy.Value}`, which is not among the processes");
    }

    private static List<LinkSpec> ReadLinks(YamlSection root, List<ProcessSpec> processes, string? proxy)
    {
        var links = new List<LinkSpec>();
        if (root.Section("links") is not { } section)
        {
            return links;
        }

        if (proxy is null)
        {
            throw section.Error("there are `links` but no `proxy` to carry them");
        }

        foreach (var clientGroup in section.Keys)
        {
            var clients = processes.Where(p => p.Group == clientGroup).ToList();
            if (clients.Count == 0)
            {
                throw section.ErrorAt(clientGroup, $"link from `{clientGroup}`, which is not among the processes");
            }

            var targets = section.List(clientGroup);
            foreach (var client in clients)
            {
                foreach (var target in targets)
                {
                    links.AddRange(LinksTo(client, target).Select((link, n) => link with
                    {
                        Offset = PlatformTopology.FirstLinkOffset + links.Count + n,
                        IsFurther = links.Any(l => l.Client == link.Client && l.Server == link.Server),
                    }).ToList());
                }
            }
        }

        if (links.GroupBy(l => l.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw section.Error($"there are two links named {twice.Key}; a client has one link to a port of a server, and the main port comes first");
        }

        if (links.Count > PlatformTopology.PortSpan - PlatformTopology.FirstLinkOffset)
        {
            throw section.Error($"{links.Count} links are more than the {PlatformTopology.PortSpan - PlatformTopology.FirstLinkOffset} ports kept for them");
        }

        return links;

        IEnumerable<LinkSpec> LinksTo(ProcessSpec client, YamlText target)
        {
            var dot = target.Value.IndexOf('.', StringComparison.Ordinal);
            var (group, port) = dot < 0 ? (target.Value, "") : (target.Value[..dot], target.Value[(dot + 1)..]);
            var servers = processes.Where(p => p.Group == group).ToList();
            if (servers.Count == 0)
            {
                throw new TopologyException(root.File, target.Line, target.Column, $"link to `{group}`, which is not among the processes");
            }

            return servers.Select(server => server.Ports.TryGetValue(port, out var found) && !found.Udp
                ? new LinkSpec(client.Name, server.Name, port, 0)
                : throw new TopologyException(root.File, target.Line, target.Column, $"`{group}` has no TCP port {(port.Length == 0 ? "of its own" : $"named `{port}`")} to link to"));
        }
    }

    private static List<string> ResolveAfter(
        YamlSection section, ProcessSpec process, List<ProcessSpec> processes, List<LinkSpec> links, string? proxy)
    {
        var after = new List<string>();
        foreach (var name in process.After)
        {
            var group = processes.Where(p => p.Group == name || p.Name == name).Select(p => p.Name).ToList();
            if (group.Count == 0)
            {
                throw section.ErrorAt(process.Group, $"{process.Name} waits for `{name}`, which is not among the processes");
            }

            after.AddRange(group);
        }

        // A client finds nobody on its links before the proxy runs.
        if (proxy is not null && links.Any(l => l.Client == process.Name))
        {
            after.Add(proxy);
        }

        return [.. after.Distinct()];
    }

    private static void CheckCycles(YamlSection section, List<ProcessSpec> processes)
    {
        var done = new HashSet<string>();
        var path = new List<string>();
        foreach (var process in processes)
        {
            Visit(process);
        }

        void Visit(ProcessSpec process)
        {
            if (done.Contains(process.Name))
            {
                return;
            }

            if (path.Contains(process.Name))
            {
                var cycle = path.SkipWhile(n => n != process.Name).Append(process.Name);
                throw section.ErrorAt(process.Group, $"these wait for each other: {string.Join(" → ", cycle)}");
            }

            path.Add(process.Name);
            foreach (var name in process.After)
            {
                Visit(processes.Single(p => p.Name == name));
            }

            path.RemoveAt(path.Count - 1);
            done.Add(process.Name);
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,40}$")]
    private static partial Regex Name();
}

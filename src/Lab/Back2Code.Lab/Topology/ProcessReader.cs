using System.Globalization;

namespace Back2Code.Lab.Topology;

/// <summary>Reads the keys of one process in topology.yaml.</summary>
internal static class ProcessReader
{
    public static ProcessSpec Read(YamlSection section, string name)
    {
        var program = section.Text("program");
        var assembly = section.Text("assembly");
        if (program is null == assembly is null)
        {
            throw section.Error($"`{name}` needs either `program` or `assembly`");
        }

        var setup = section.Text("setup")?.Value switch
        {
            null => SetupKind.None,
            "postgres" => SetupKind.Postgres,
            "rabbitmq" => SetupKind.RabbitMq,
            var other => throw section.ErrorAt("setup", $"unknown setup `{other}`; there are postgres and rabbitmq"),
        };

        var ports = ReadPorts(section);
        return new ProcessSpec
        {
            Name = name,
            Group = name,
            Program = program,
            Assembly = assembly,
            Package = section.Text("package")?.Value,
            Arguments = ReadArguments(section),
            Environment = section.Map("environment"),
            Files = section.Map("files"),
            Ports = ports,
            After = [.. section.List("after").Select(t => t.Value)],
            Ready = ReadProbe(section, ports),
            Restart = ReadRestart(section),
            Stop = ReadStop(section),
            Setup = setup,
            Schemas = [.. section.List("schemas").Select(t => t.Value)],
            Observers = ReadObservers(section),
            Rules = section.Text("rules")?.Value switch
            {
                null or "false" => false,
                "true" => true,
                _ => throw section.ErrorAt("rules", "`rules` is true or false"),
            },
        };
    }

    private static IReadOnlyList<YamlText> ReadArguments(YamlSection section)
    {
        var arguments = section.List("arguments");
        return arguments.FirstOrDefault(a => a.Value.Contains("${secret.", StringComparison.Ordinal)) is { Value: not null } leaky
            ? throw new TopologyException(section.File, leaky.Line, leaky.Column, "a secret in `arguments` could be read by everyone in `ps`; put it in a file or the environment")
            : arguments;
    }

    private static List<string> ReadObservers(YamlSection section)
    {
        var schemas = section.List("schemas").Select(t => t.Value).ToList();
        var observers = section.List("observers").Select(t => t.Value).ToList();
        return observers.Find(o => !schemas.Contains(o)) is { } stranger
            ? throw section.ErrorAt("observers", $"`{stranger}` is not among the `schemas`, so it has no role")
            : observers;
    }

    private static Dictionary<string, PortSpec> ReadPorts(YamlSection section)
    {
        var ports = new Dictionary<string, PortSpec>();
        if (section.Text("port") is { } main)
        {
            ports[""] = ReadPort(section, "port", main);
        }

        foreach (var (name, text) in section.Map("ports"))
        {
            ports[name] = ReadPort(section, "ports", text);
        }

        return ports;
    }

    private static PortSpec ReadPort(YamlSection section, string key, YamlText text)
    {
        var udp = text.Value.EndsWith("/udp", StringComparison.Ordinal);
        var digits = udp ? text.Value[..^4] : text.Value;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset < PlatformTopology.PortSpan
            ? new PortSpec(offset, udp)
            : throw section.ErrorAt(key, $"a port is an offset from 0 to {PlatformTopology.FirstLinkOffset - 1}, with `/udp` at the end if it is one, not `{text.Value}`");
    }

    private static ProbeSpec? ReadProbe(YamlSection process, Dictionary<string, PortSpec> ports)
    {
        if (process.Section("ready") is not { } section)
        {
            return null;
        }

        var kind = section.Text("probe")?.Value switch
        {
            "tcp" => ProbeKind.Tcp,
            "http" => ProbeKind.Http,
            "postgres" => ProbeKind.Postgres,
            "redis" => ProbeKind.Redis,
            "amqp" => ProbeKind.Amqp,
            var other => throw section.ErrorAt("probe", $"unknown probe `{other}`; there are tcp, http, postgres, redis and amqp"),
        };
        var port = section.Text("port")?.Value ?? "";
        if (!ports.ContainsKey(port))
        {
            throw section.Error(port.Length == 0 ? "the probe needs the process to have a `port`" : $"the probe asks port `{port}`, which the process does not have");
        }

        var path = section.Text("path")?.Value;
        if (kind == ProbeKind.Http && path is not ['/', ..])
        {
            throw section.Error("an http probe needs a `path` that begins with a slash");
        }

        var alive = section.Text("alive")?.Value;
        if (alive is not null && (kind != ProbeKind.Http || alive is not ['/', ..]))
        {
            throw section.ErrorAt("alive", "`alive` is a path of an http probe and begins with a slash");
        }

        var probe = new ProbeSpec(
            kind,
            port,
            path,
            alive,
            section.Text("secret")?.Value,
            section.Duration("interval") ?? TimeSpan.FromMilliseconds(50),
            section.Duration("steady") ?? TimeSpan.FromSeconds(2),
            section.Duration("timeout") ?? TimeSpan.FromSeconds(1));
        section.RejectUnknownKeys();
        return probe;
    }

    private static RestartSpec ReadRestart(YamlSection process)
    {
        if (process.Section("restart") is not { } section)
        {
            return RestartSpec.Default;
        }

        var restart = new RestartSpec(
            section.Text("policy")?.Value switch
            {
                null or "always" => true,
                "never" => false,
                var other => throw section.ErrorAt("policy", $"`policy` is always or never, not `{other}`"),
            },
            section.Duration("initial") ?? RestartSpec.Default.Initial,
            section.Duration("cap") ?? RestartSpec.Default.Cap,
            section.Duration("reset") ?? RestartSpec.Default.Reset,
            section.Text("hung")?.Value == "never" ? null : section.Duration("hung") ?? RestartSpec.Default.Hung);
        section.RejectUnknownKeys();
        return restart;
    }

    private static StopSpec ReadStop(YamlSection process)
    {
        if (process.Section("stop") is not { } section)
        {
            return StopSpec.Default;
        }

        var signal = section.Text("signal")?.Value switch
        {
            null or "TERM" => Signals.Terminate,
            "INT" => Signals.Interrupt,
            "QUIT" => Signals.Quit,
            "KILL" => Signals.Kill,
            var other => throw section.ErrorAt("signal", $"`signal` is TERM, INT, QUIT or KILL, not `{other}`"),
        };
        var stop = new StopSpec(signal, section.Duration("timeout") ?? StopSpec.Default.Timeout);
        section.RejectUnknownKeys();
        return stop;
    }
}

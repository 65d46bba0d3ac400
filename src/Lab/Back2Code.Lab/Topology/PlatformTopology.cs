namespace Back2Code.Lab.Topology;

/// <summary>topology.yaml, read and checked. Replicas are already separate processes, link ends are process names.</summary>
internal sealed record PlatformTopology(
    string File,
    IReadOnlyList<ProcessSpec> Processes,
    IReadOnlyList<LinkSpec> Links,
    string? Proxy,
    IReadOnlyDictionary<string, YamlText> DotnetEnvironment)
{
    /// <summary>Ports from this offset on belong to the links.</summary>
    public const int FirstLinkOffset = 200;

    /// <summary>How many ports a platform takes, from its port base on.</summary>
    public const int PortSpan = 300;

    public ProcessSpec? Find(string name) => Processes.FirstOrDefault(p => p.Name == name);

    /// <summary>The processes of a group: `notes` → notes-1, notes-2.</summary>
    public IEnumerable<ProcessSpec> Group(string group) => Processes.Where(p => p.Group == group);
}

/// <summary>One process to run. Texts still hold their placeholders.</summary>
internal sealed record ProcessSpec
{
    public required string Name { get; init; }

    /// <summary>The name in the file, which replicas share.</summary>
    public required string Group { get; init; }

    /// <summary>A path (with `*` for the newest of several versions) or a name to look up on PATH. Null for an assembly.</summary>
    public YamlText? Program { get; init; }

    /// <summary>`Project` or `Project/assembly`: one of our own programs, run by dotnet.</summary>
    public YamlText? Assembly { get; init; }

    /// <summary>The Debian package that brings <see cref="Program"/>.</summary>
    public string? Package { get; init; }

    public IReadOnlyList<YamlText> Arguments { get; init; } = [];
    public IReadOnlyDictionary<string, YamlText> Environment { get; init; } = new Dictionary<string, YamlText>();

    /// <summary>Name in the config folder → template, relative to the home folder.</summary>
    public IReadOnlyDictionary<string, YamlText> Files { get; init; } = new Dictionary<string, YamlText>();

    /// <summary>Ports by name; the main one is named "".</summary>
    public IReadOnlyDictionary<string, PortSpec> Ports { get; init; } = new Dictionary<string, PortSpec>();

    public IReadOnlyList<string> After { get; init; } = [];
    public ProbeSpec? Ready { get; init; }
    public RestartSpec Restart { get; init; } = RestartSpec.Default;
    public StopSpec Stop { get; init; } = StopSpec.Default;
    public SetupKind Setup { get; init; }

    /// <summary>PostgreSQL only: one login role and one schema of that name each.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    /// <summary>PostgreSQL only: those of <see cref="Schemas"/> whose role may read the server's statistics (pg_monitor).</summary>
    public IReadOnlyList<string> Observers { get; init; } = [];

    /// <summary>Prometheus only: write rule files from the objectives and the hand-written ones before it starts.</summary>
    public bool Rules { get; init; }
}

internal readonly record struct PortSpec(int Offset, bool Udp);

/// <summary>A directed edge from one process to a named port of another.</summary>
/// <param name="IsFurther">A client that calls two ports of a server has a link to each; the second is named after its port as well.</param>
internal sealed record LinkSpec(string Client, string Server, string ServerPort, int Offset, bool IsFurther = false)
{
    public string Name => IsFurther && ServerPort.Length > 0 ? $"{Client}-to-{Server}-{ServerPort}" : $"{Client}-to-{Server}";
}

/// <summary>A piece of text in a file, with the place to name when it turns out to be wrong.</summary>
internal readonly record struct YamlText(string Value, long Line, long Column)
{
    public override string ToString() => Value;
}

internal enum SetupKind
{
    None,
    Postgres,
    RabbitMq,
}

internal enum ProbeKind
{
    Tcp,
    Http,
    Postgres,
    Redis,
    Amqp,
}

/// <param name="Path">Of an http probe.</param>
/// <param name="Alive">Of an http probe: what it answers as long as it turns, ready or not; null when <paramref name="Path"/> tells that too.</param>
/// <param name="Interval">Between attempts while it starts.</param>
/// <param name="Steady">Between checks once it is ready.</param>
internal sealed record ProbeSpec(
    ProbeKind Kind, string Port, string? Path, string? Alive, string? Secret, TimeSpan Interval, TimeSpan Steady, TimeSpan Timeout);

/// <summary>Delay before a restart: <see cref="Initial"/>, doubled at each, up to <see cref="Cap"/>; forgotten after <see cref="Reset"/> of uptime.</summary>
/// <param name="Hung">How long a process that was ready may leave its probes unanswered before it is killed and restarted; null: for ever.</param>
internal sealed record RestartSpec(bool Enabled, TimeSpan Initial, TimeSpan Cap, TimeSpan Reset, TimeSpan? Hung)
{
    // A time, not a number of probes: a probe that is refused takes a millisecond, one that is not answered a second.
    public static RestartSpec Default { get; } =
        new(true, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
}

internal sealed record StopSpec(int Signal, TimeSpan Timeout)
{
    public static StopSpec Default { get; } = new(Signals.Terminate, TimeSpan.FromSeconds(4));
}

internal static class Signals
{
    public const int Interrupt = 2;
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Terminate = 15;
    public const int Continue = 18;

    public static string NameOf(int signal) => signal switch
    {
        1 => "SIGHUP",
        Interrupt => "SIGINT",
        Quit => "SIGQUIT",
        6 => "SIGABRT",
        Kill => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        Terminate => "SIGTERM",
        _ => $"signal {signal}",
    };
}

namespace Back2Code.Lab.Supervision;

/// <summary>Which platform to start or to attach to.</summary>
public sealed class PlatformOptions
{
    /// <summary>Folder that holds topology.yaml and the built programs.</summary>
    public required string Home { get; init; }

    /// <summary>Default: <c>.back2code</c> in <see cref="Home"/>.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>First port of the platform's range; null finds a free range. Default 18000.</summary>
    public int? PortBase { get; init; } = DefaultPortBase;

    /// <summary>Default: topology.yaml in <see cref="Home"/>.</summary>
    public string? TopologyFile { get; init; }

    /// <summary>Longest time from the first process to everything ready.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(90);

    public const int DefaultPortBase = 18000;

    /// <summary>The state folder as a full path.</summary>
    public string EffectiveStateDirectory => Path.GetFullPath(StateDirectory ?? Path.Combine(Home, ".back2code"));

    internal string EffectiveTopologyFile => TopologyFile ?? Path.Combine(Home, "topology.yaml");
}

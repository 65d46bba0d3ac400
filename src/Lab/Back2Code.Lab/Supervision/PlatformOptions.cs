namespace Back2Code.Lab.Supervision;

/// <summary>Which platform to start or to attach to.</summary>
public sealed record PlatformOptions
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

    /// <summary>Environment variables of processes beyond what the topology gives them, by process group (`notes` is notes-1 and notes-2). For as long as this platform runs.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Environment { get; init; } = new Dictionary<string, IReadOnlyDictionary<string, string>>();

    /// <summary>
    /// What the windows of objectives are divided by, 1 to 100,000: at 720 an hour lasts five seconds. Null: <see cref="DefaultTimeScale"/>, or that of the platform
    /// that runs already.
    /// </summary>
    public decimal? TimeScale { get; init; }

    public const int DefaultPortBase = 18000;

    public const decimal DefaultTimeScale = 720;

    /// <summary>The state folder as a full path.</summary>
    public string EffectiveStateDirectory => Path.GetFullPath(StateDirectory ?? Path.Combine(Home, ".back2code"));

    internal PlatformOptions With(decimal timeScale) => this with { TimeScale = timeScale };

    internal string EffectiveTopologyFile => TopologyFile ?? Path.Combine(Home, "topology.yaml");
}

namespace Back2Code.Chaos.Faults;

/// <summary>What faults are grouped by: the part of a platform that they disturb.</summary>
public static class FaultFamilies
{
    /// <summary>In the order in which they are listed.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "process", "cpu-memory", "disk", "tcp", "http", "dns", "time",
        "postgres", "redis", "rabbitmq", "gateway", "traffic",
        "application", "configuration", "deploy", "keys", "identity", "dotnet", "data",
    ];
}

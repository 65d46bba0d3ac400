using Back2Code.Lab.Drills;

namespace Back2Code.Lab.GameDays;

/// <summary>
/// Harmless things that happen on a game day with noise, there to be looked at in vain: no user and no alert notices. Each is milder than what a drill with
/// <c>expect: {alert: none}</c> shows to be absorbed, or as mild.
/// </summary>
internal static class GameDayNoise
{
    private static readonly TimeSpan While = TimeSpan.FromSeconds(20);

    /// <summary>By name, in the order that a seed draws from.</summary>
    public static IReadOnlyList<KeyValuePair<string, DrillFault>> Kinds { get; } =
    [
        new("slow-cache-link", Lasting("link.latency", "notes-2-to-redis", ("latency", "15ms"))),
        new("readers", Lasting("traffic.spike", "gateway", ("rate", "10"))),
        new("busy-neighbour", Lasting("cpu.burn", "host", ("threads", "1"), ("share", "0.2"))),
        new("reconnecting-clients", Once("postgres.terminate-backends", "postgres", ("role", "notifications"))),
        new("cold-cache", Once("redis.flush", "redis")),
        new("duplicate-events", Lasting("rabbitmq.duplicate-delivery", "rabbitmq")),
    ];

    /// <exception cref="KeyNotFoundException">There is no such kind.</exception>
    public static DrillFault Find(string name) => Kinds.FirstOrDefault(k => k.Key == name).Value ?? throw new KeyNotFoundException($"There is no noise '{name}'.");

    private static DrillFault Lasting(string type, string target, params (string Name, string Value)[] parameters) => new(type, target, parameters.ToDictionary(p => p.Name, p => p.Value), While);

    private static DrillFault Once(string type, string target, params (string Name, string Value)[] parameters) => new(type, target, parameters.ToDictionary(p => p.Name, p => p.Value), null);
}

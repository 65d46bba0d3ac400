using Back2Code.Chaos.Proxy.Toxics;

namespace Back2Code.Chaos.Proxy;

/// <summary>A toxic as it stands on a proxy. Immutable: a change replaces the entry and keeps <see cref="Id"/> and <see cref="Counters"/>.</summary>
internal sealed record ToxicEntry
{
    /// <summary>Grows with every toxic added to the proxy, so it is also the order of the chain.</summary>
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required ToxicType Type { get; init; }

    public required StreamDirection Direction { get; init; }

    public required double Toxicity { get; init; }

    public required IReadOnlyDictionary<string, long> Attributes { get; init; }

    public required Toxic Toxic { get; init; }

    public required ToxicCounters Counters { get; init; }

    public ToxicDocument ToDocument() => new()
    {
        Name = Name,
        Type = Type.Name,
        Stream = Direction.Name(),
        Toxicity = Toxicity,
        Attributes = Attributes,
    };
}

internal enum StreamDirection
{
    /// <summary>Client to server.</summary>
    Upstream,

    /// <summary>Server to client.</summary>
    Downstream,
}

internal static class StreamDirectionNames
{
    public static string Name(this StreamDirection direction) => direction == StreamDirection.Upstream ? "upstream" : "downstream";

    public static StreamDirection? Parse(string name) => name.ToLowerInvariant() switch
    {
        "upstream" => StreamDirection.Upstream,
        "downstream" => StreamDirection.Downstream,
        _ => null,
    };
}

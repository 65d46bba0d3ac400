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

    public required IReadOnlyDictionary<string, AttributeValue> Attributes { get; init; }

    public required Toxic Toxic { get; init; }

    public required ToxicCounters Counters { get; init; }

    /// <summary>Cancelled when the toxic is taken off the proxy.</summary>
    public required CancellationTokenSource Removal { get; init; }

    public bool IsOn(StreamDirection direction) => Toxic is not ConnectToxic && (Direction == direction || Toxic.IsOnBothStreams);

    /// <summary>Whether the toxic touches a connection: its n-th draw for it.</summary>
    public bool IsDrawn(ulong connectionSeed, int draw) =>
        Toxicity >= 1 || (Toxicity > 0 && CreateRandom(connectionSeed, Direction, -draw).NextDouble() < Toxicity);

    public Random CreateRandom(ulong connectionSeed, StreamDirection direction, int start) =>
        Seeds.CreateRandom(Seeds.Combine(Seeds.Combine(Seeds.Combine(connectionSeed, (ulong)direction), (ulong)Id), (ulong)start));

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

using System.Text.Json.Serialization;

namespace Back2Code.Chaos.Proxy;

/// <summary>A proxy on the wire, as Toxiproxy writes it.</summary>
public sealed record ProxyDocument
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>The bound address once it listens; port 0 asks for a free one.</summary>
    [JsonPropertyName("listen")]
    public string Listen { get; init; } = "";

    [JsonPropertyName("upstream")]
    public string Upstream { get; init; } = "";

    [JsonPropertyName("enabled")]
    public bool Enabled { get; init; } = true;

    /// <summary>Toxics; in a request, made together with the proxy (Toxiproxy itself ignores them there).</summary>
    [JsonPropertyName("toxics")]
    public IReadOnlyList<ToxicDocument> Toxics { get; init; } = [];
}

/// <summary>A toxic on the wire.</summary>
public sealed record ToxicDocument
{
    [JsonPropertyName("attributes")]
    public IReadOnlyDictionary<string, AttributeValue> Attributes { get; init; } = new Dictionary<string, AttributeValue>();

    /// <summary>Empty in a request: <c>TYPE_STREAM</c>.</summary>
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("type")]
    public string Type { get; init; } = "";

    /// <summary><c>downstream</c> (server to client, the default) or <c>upstream</c>.</summary>
    [JsonPropertyName("stream")]
    public string Stream { get; init; } = "downstream";

    /// <summary>Share of connections it touches, 0 to 1.</summary>
    [JsonPropertyName("toxicity")]
    public double Toxicity { get; init; } = 1;
}

/// <summary>What passed through a proxy since it was made. Ours, not Toxiproxy's: <c>GET /proxies/{p}/connections</c>.</summary>
public sealed record ProxyStatisticsDocument
{
    [JsonPropertyName("proxy")]
    public string Proxy { get; init; } = "";

    /// <summary>Connections that reached the upstream.</summary>
    [JsonPropertyName("opened")]
    public long Opened { get; init; }

    [JsonPropertyName("open")]
    public long Open { get; init; }

    /// <summary>Clients turned away because the upstream could not be reached, the proxy was full, or a toxic took them before they reached it.</summary>
    [JsonPropertyName("refused")]
    public long Refused { get; init; }

    /// <summary>Connections that a toxic ended with RST.</summary>
    [JsonPropertyName("reset")]
    public long Reset { get; init; }

    /// <summary>Connections that the proxy ended in another way: disabled, changed, deleted, or closed by a toxic.</summary>
    [JsonPropertyName("cut")]
    public long Cut { get; init; }

    /// <summary>Client to server.</summary>
    [JsonPropertyName("upstream")]
    public StreamStatisticsDocument Upstream { get; init; } = new();

    /// <summary>Server to client.</summary>
    [JsonPropertyName("downstream")]
    public StreamStatisticsDocument Downstream { get; init; } = new();

    /// <summary>By toxic, present ones only.</summary>
    [JsonPropertyName("toxics")]
    public IReadOnlyList<ToxicStatisticsDocument> Toxics { get; init; } = [];

    /// <summary>Live connections, oldest first.</summary>
    [JsonPropertyName("connections")]
    public IReadOnlyList<ConnectionDocument> Connections { get; init; } = [];
}

/// <summary>Bytes in one direction: <c>received = sent + dropped + on the way</c>.</summary>
public sealed record StreamStatisticsDocument
{
    [JsonPropertyName("receivedBytes")]
    public long ReceivedBytes { get; init; }

    [JsonPropertyName("sentBytes")]
    public long SentBytes { get; init; }

    [JsonPropertyName("droppedBytes")]
    public long DroppedBytes { get; init; }
}

/// <summary>What one toxic did, measured in the proxy between taking bytes and passing them on.</summary>
public sealed record ToxicStatisticsDocument
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Connections it was put on, live or gone.</summary>
    [JsonPropertyName("connections")]
    public long Connections { get; init; }

    [JsonPropertyName("passedBytes")]
    public long PassedBytes { get; init; }

    [JsonPropertyName("droppedBytes")]
    public long DroppedBytes { get; init; }

    /// <summary>Connections it ended.</summary>
    [JsonPropertyName("ended")]
    public long Ended { get; init; }

    /// <summary>Pieces of data that passed, the count under <see cref="MeanDelayMs"/>.</summary>
    [JsonPropertyName("passedChunks")]
    public long PassedChunks { get; init; }

    [JsonPropertyName("meanDelayMs")]
    public double MeanDelayMs { get; init; }

    [JsonPropertyName("maxDelayMs")]
    public double MaxDelayMs { get; init; }
}

/// <summary>A live connection.</summary>
public sealed record ConnectionDocument
{
    [JsonPropertyName("id")]
    public long Id { get; init; }

    [JsonPropertyName("client")]
    public string Client { get; init; } = "";

    [JsonPropertyName("openedAt")]
    public DateTimeOffset OpenedAt { get; init; }

    /// <summary>Names of the toxics that touch it.</summary>
    [JsonPropertyName("toxics")]
    public IReadOnlyList<string> Toxics { get; init; } = [];
}

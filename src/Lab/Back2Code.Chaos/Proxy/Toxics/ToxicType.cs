namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>A kind of toxic: its name, its attributes, how to make one. Every attribute is a whole number and 0 unless given.</summary>
internal sealed class ToxicType(string name, IReadOnlyList<string> attributes, Func<Func<string, long>, Toxic> create)
{
    public static IReadOnlyList<ToxicType> All { get; } =
    [
        new("noop", [], _ => new NoopToxic()),
        new("latency", ["latency", "jitter"], of => new LatencyToxic(of("latency"), of("jitter"))),
        new("bandwidth", ["rate"], of => new BandwidthToxic(of("rate"))),
        new("slow_close", ["delay"], of => new SlowCloseToxic(of("delay"))),
        new("timeout", ["timeout"], of => new TimeoutToxic(of("timeout"))),
        new("reset_peer", ["timeout"], of => new ResetPeerToxic(of("timeout"))),
        new("slicer", ["average_size", "size_variation", "delay"], of => new SlicerToxic(of("average_size"), of("size_variation"), of("delay"))),
        new("limit_data", ["bytes"], of => new LimitDataToxic(of("bytes"))),
    ];

    public string Name => name;

    /// <summary>The attributes of this type: those given, the rest kept from before or 0. Unknown ones are ignored, as Toxiproxy does.</summary>
    public IReadOnlyDictionary<string, long> Merge(IReadOnlyDictionary<string, long> before, IReadOnlyDictionary<string, long> given) =>
        attributes.ToDictionary(a => a, a => given.TryGetValue(a, out long value) ? value : before.GetValueOrDefault(a));

    public Toxic Create(IReadOnlyDictionary<string, long> values) => create(attribute => values[attribute]);
}

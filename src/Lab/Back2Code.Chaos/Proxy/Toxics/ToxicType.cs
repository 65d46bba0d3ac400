using System.Text.Json;
using Back2Code.Chaos.Proxy.Toxics.Http;
using static Back2Code.Chaos.Proxy.Toxics.ToxicAttribute;

namespace Back2Code.Chaos.Proxy.Toxics;

/// <summary>A kind of toxic: its name, its attributes, how to make one.</summary>
internal sealed class ToxicType(
    string name, IReadOnlyList<ToxicAttribute> attributes, Func<IReadOnlyDictionary<string, AttributeValue>, Toxic> create, Func<IReadOnlyDictionary<string, AttributeValue>, string?>? complain = null)
{
    private static readonly ToxicAttribute[] WhichRequests = [Text("path"), Text("method"), Number("percent", otherwise: 100, most: 100)];

    public static IReadOnlyList<ToxicType> All { get; } =
    [
        // Toxiproxy's.
        new("noop", [], _ => new NoopToxic()),
        new("latency", [Number("latency"), Number("jitter")], a => new LatencyToxic(a["latency"].Number, a["jitter"].Number)),
        // Below zero is no limit either: Toxiproxy takes it, and clients send it to lift one.
        new("bandwidth", [Number("rate", least: int.MinValue)], a => new BandwidthToxic(a["rate"].Number)),
        new("slow_close", [Number("delay")], a => new SlowCloseToxic(a["delay"].Number)),
        new("timeout", [Number("timeout")], a => new TimeoutToxic(a["timeout"].Number)),
        new("reset_peer", [Number("timeout")], a => new ResetPeerToxic(a["timeout"].Number)),
        new(
            "slicer",
            [Number("average_size"), Number("size_variation"), Number("delay")],
            a => new SlicerToxic(a["average_size"].Number, a["size_variation"].Number, a["delay"].Number),
            SlicerToxic.Complaint),
        new("limit_data", [Number("bytes")], a => new CutToxic(a["bytes"].Number, 0, StreamEnd.Close)),

        // Ours.
        new(
            "cut",
            [Number("bytes"), Number("time"), Number("reset", most: 1)],
            a => new CutToxic(
                a["bytes"].Number is > 0 and var bytes ? bytes : long.MaxValue, a["time"].Number, a["reset"].Number > 0 ? StreamEnd.Reset : StreamEnd.Close)),
        new("corrupt", [], _ => new CorruptToxic()),
        new("refuse", [Number("first")], a => new RefuseToxic(a["first"].Number)),
        new("hang", [Number("first"), Number("timeout")], a => new HangToxic(a["first"].Number, a["timeout"].Number)),
        new(
            "http_delay",
            [Number("delay"), Number("jitter"), .. WhichRequests],
            a => new HttpDelayToxic(HttpMatch.Of(a), a["delay"].Number, a["jitter"].Number)),
        new("http_status", [Number("status", otherwise: 503, least: 200, most: 599), .. WhichRequests], a => new HttpStatusToxic(HttpMatch.Of(a), (int)a["status"].Number)),
        new(
            "http_answer",
            [Number("status", otherwise: 200, least: 200, most: 599), Text("content_type"), Number("retry_after", otherwise: -1, least: -1), Number("header_bytes", most: 1 << 20), .. WhichRequests],
            a => new HttpStatusToxic(
                HttpMatch.Of(a),
                (int)a["status"].Number,
                new HttpOwnHead(a["content_type"].Text, a["retry_after"].Number is >= 0 and var seconds ? seconds : null, (int)a["header_bytes"].Number))),
        new("http_abort", WhichRequests, a => new HttpAbortToxic(HttpMatch.Of(a))),
        new("http_truncate", [Number("bytes"), .. WhichRequests], a => new HttpTruncateToxic(HttpMatch.Of(a), a["bytes"].Number)),
    ];

    public string Name => name;

    /// <summary>The attributes of this type: those given, the rest kept from before or their default. Others are ignored, as Toxiproxy does.</summary>
    /// <exception cref="ToxiproxyApiException">One is not what it may be, or they do not go together.</exception>
    public IReadOnlyDictionary<string, AttributeValue> Merge(
        IReadOnlyDictionary<string, AttributeValue>? before, IReadOnlyDictionary<string, JsonElement>? given)
    {
        var merged = attributes.ToDictionary(
            a => a.Name,
            a => given is not null && given.TryGetValue(a.Name, out var value) ? a.Read(value) : before is null ? a.Default : before[a.Name]);
        return complain?.Invoke(merged) is { } complaint ? throw ToxiproxyApiException.BadBody(complaint) : merged;
    }

    public Toxic Create(IReadOnlyDictionary<string, AttributeValue> values) => create(values);
}

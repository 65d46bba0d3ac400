using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary>What can be wrong with a connection between two processes.</summary>
internal static class LinkFaults
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private static readonly NumberParameter First = new("first", "Only so many; 0, the default: every one.", 0, 1_000_000);

    public static ToxicFault Latency { get; } = new()
    {
        Type = "link.latency",
        Family = "tcp",
        Summary = "Delays what passes a link by latency, give or take up to jitter.",
        Symptom = "Response times grow by the delay for each round trip; time-outs and breakers answer when it exceeds their budget.",
        Example = new("notes-1-to-postgres", ("latency", "200ms")),
        Parameters =
        [
            new DurationParameter("latency", "The delay of each piece of data.", Millisecond, TimeSpan.FromMinutes(5), Required: true),
            new DurationParameter("jitter", "How far a delay may lie from latency, drawn uniformly.", TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            ToxicFault.Stream("downstream"),
            ToxicFault.Toxicity,
        ],
        Toxic = "latency",
        Attributes = s => Attributes(("latency", Ms(s, "latency")), ("jitter", Ms(s, "jitter"))),
        Patience = s => Span(s, "latency") + Span(s, "jitter") + TimeSpan.FromSeconds(3),
        Judge = JudgeLatency,
    };

    public static ToxicFault Bandwidth { get; } = new()
    {
        Type = "link.bandwidth",
        Family = "tcp",
        Summary = "Passes at most rate × 1000 bytes a second on each connection of a link.",
        Symptom = "Small answers are as quick as ever and big ones slow: the tail of the response times grows, the median does not.",
        Example = new("notes-1-to-postgres", ("rate", "10")),
        Parameters = [new NumberParameter("rate", "KB (1000 bytes) a second.", 1, 1_000_000, Required: true), ToxicFault.Stream("downstream"), ToxicFault.Toxicity],
        Toxic = "bandwidth",
        Attributes = s => Attributes(("rate", s.Number("rate"))),
        Judge = l => l.Total is { PassedBytes: > 0, MaxDelayMs: >= 1 }
            ? Evidence.Seen($"{l.Link}: {l.Total.PassedBytes:N0} bytes passed on {l.Total.Connections} connections, held back up to {l.Total.MaxDelayMs:N1} ms")
            : Evidence.NotSeen($"{l.Link}: nothing passed within {l.Patience.TotalSeconds:0} s that could be held back"),
    };

    // A black hole. When it ends, its connections close, since bytes are missing in them.
    public static ToxicFault Timeout { get; } = new()
    {
        Type = "link.timeout",
        Family = "tcp",
        Summary = "Swallows what is sent over a link, both ways unless told otherwise; with timeout, closes each connection after that time.",
        Symptom = "Connections stay open and nothing comes: only time-outs end the wait, and pools fill with connections that wait.",
        Example = new("notes-1-to-postgres"),
        Parameters =
        [
            new DurationParameter("timeout", "When a connection closes; 0, the default: when the fault ends.", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            ToxicFault.Stream("both"),
            ToxicFault.Toxicity,
        ],
        Toxic = "timeout",
        Attributes = s => Attributes(("timeout", Ms(s, "timeout"))),
        DefaultStream = "both",
        Patience = _ => TimeSpan.FromSeconds(3),
        Judge = l => l.Total.DroppedBytes > 0
            ? Evidence.Seen($"{l.Link}: {l.Total.DroppedBytes:N0} bytes dropped on the first look, {l.Total.Connections} streams covered")
            : Evidence.NotSeen($"{l.Link}: nobody sent anything within {l.Patience.TotalSeconds:0} s that could be dropped"),
    };

    // Old connections and new ones, as they are used.
    public static ToxicFault Reset { get; } = new()
    {
        Type = "link.reset",
        Family = "tcp",
        Summary = "Resets (RST) every connection of a link at the next data on it, or a little after.",
        Symptom = "Connection reset by peer in the logs; clients that retry succeed only when the fault is over.",
        Example = new("notes-1-to-postgres"),
        Parameters =
        [
            new DurationParameter("timeout", "How long after the data; 0 when left out.", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            ToxicFault.Stream("both"),
            ToxicFault.Toxicity,
        ],
        Toxic = "reset_peer",
        Attributes = s => Attributes(("timeout", Ms(s, "timeout"))),
        DefaultStream = "both",
        Patience = s => Span(s, "timeout") + TimeSpan.FromSeconds(3),
        Judge = l => l.Total.Ended > 0
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} connections reset{(l.Now is { Outcome: ProbeOutcome.Reset } ? ", a new one among them" : "")}")
            : Evidence.NotSeen($"{l.Link}: no connection was used, so none was reset"),
    };

    // Seen by an end of our own: whoever else closes a connection now cannot be told to.
    public static ToxicFault SlowClose { get; } = new()
    {
        Type = "link.slow-close",
        Family = "tcp",
        Summary = "Passes the end of a connection on only after delay.",
        Symptom = "Closed connections stay half open, and whoever waits for an end waits; descriptors pile up on both sides.",
        Example = new("notes-1-to-postgres", ("delay", "1s")),
        Parameters =
        [
            new DurationParameter("delay", "How late the end comes.", Millisecond, TimeSpan.FromMinutes(5), Required: true),
            ToxicFault.Stream("downstream"),
            ToxicFault.Toxicity,
        ],
        Toxic = "slow_close",
        Attributes = s => Attributes(("delay", Ms(s, "delay"))),
        Patience = s => Span(s, "delay") + TimeSpan.FromSeconds(5),
        Probe = (watch, l, token) => watch.CloseAsync(l.Patience, token),
        Judge = l => l.Now is { Outcome: ProbeOutcome.Closed } end && end.Elapsed >= Span(l.Settings, "delay")
            ? Evidence.Seen($"{l.Link}: the end of a connection came after {end.Elapsed.TotalMilliseconds:N0} ms")
            : Evidence.NotSeen($"{l.Link}: the end of a connection was {l.Now!.Value.Outcome} after {l.Now.Value.Elapsed.TotalMilliseconds:N0} ms"),
    };

    public static ToxicFault Slice { get; } = new()
    {
        Type = "link.slice",
        Family = "tcp",
        Summary = "Cuts data into pieces of about size bytes, apart by a pause.",
        Symptom = "Whoever takes one read for one message fails; the rest works, slower the smaller the pieces.",
        Example = new("notes-1-to-postgres", ("size", "32")),
        Parameters =
        [
            new NumberParameter("size", "Bytes of a piece; 32 when left out.", 1, 65_536),
            new DurationParameter("pause", "Between two pieces; 0 when left out.", TimeSpan.Zero, TimeSpan.FromSeconds(10)),
            ToxicFault.Stream("downstream"),
            ToxicFault.Toxicity,
        ],
        Toxic = "slicer",
        Attributes = s => Attributes(("average_size", SizeOf(s)), ("size_variation", SizeOf(s) / 4), ("delay", (long)Span(s, "pause").TotalMicroseconds)),
        Judge = JudgeSlices,
    };

    public static ToxicFault LimitData { get; } = new()
    {
        Type = "link.limit-data",
        Family = "tcp",
        Summary = "Closes each connection once so many bytes have passed on it.",
        Symptom = "Big answers break off in the middle; small ones work until their connection is used up, then the next one begins.",
        Example = new("notes-1-to-postgres", ("bytes", "200")),
        Parameters =
        [
            new NumberParameter("bytes", "How many, counted from the beginning of a connection.", 0, 1_000_000_000, Required: true),
            ToxicFault.Stream("downstream"),
            ToxicFault.Toxicity,
        ],
        Toxic = "limit_data",
        Attributes = s => Attributes(("bytes", s.Number("bytes"))),
        Judge = l => l.Total.Ended > 0
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} connections ended after {l.Total.PassedBytes:N0} bytes in all")
            : Evidence.NotSeen($"{l.Link}: no connection carried that much within {l.Patience.TotalSeconds:0} s; {l.Total.PassedBytes:N0} bytes on {l.Total.Connections}"),
    };

    // As by a firewall that forgets.
    public static ToxicFault Cut { get; } = new()
    {
        Type = "link.cut",
        Family = "tcp",
        Summary = "Ends each connection of a link after a time, with or without a reset.",
        Symptom = "Connections of pools break while they are used; each costs one failed request, or a retry.",
        Example = new("notes-1-to-postgres", ("after", "500ms")),
        Parameters =
        [
            new DurationParameter("after", "From the injection, or from the beginning of a connection.", Millisecond, TimeSpan.FromMinutes(10), Required: true),
            new ChoiceParameter("how", "By close (FIN) when left out, or by reset (RST).", ["close", "reset"]),
            ToxicFault.Stream("downstream"),
            ToxicFault.Toxicity,
        ],
        Toxic = "cut",
        Attributes = s => Attributes(("time", Ms(s, "after")), ("reset", s.Choice("how", "close") == "reset" ? 1 : 0)),
        Patience = s => Span(s, "after") + TimeSpan.FromSeconds(3),
        Judge = l => l.Total.Ended > 0
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} of {l.Total.Connections} connections cut")
            : Evidence.NotSeen($"{l.Link}: none of {l.Total.Connections} connections lived long enough to be cut"),
    };

    // Those that are open work on.
    public static ToxicFault Refuse { get; } = new()
    {
        Type = "link.refuse",
        Family = "tcp",
        Summary = "Resets new connections of a link, or the first so many.",
        Symptom = "Nothing while pools hold their connections; then errors at every new one. A restart of the client makes it worse.",
        Example = new("notes-1-to-redis"),
        Parameters = [First, ToxicFault.Toxicity],
        Toxic = "refuse",
        Attributes = s => Attributes(("first", s.Number("first", 0))),
        Patience = _ => TimeSpan.FromSeconds(3),
        Probe = (watch, l, token) => watch.AskAsync(l.Patience, token),
        Judge = l => l.Now is { Outcome: ProbeOutcome.Reset or ProbeOutcome.Refused } now && now.Outcome != l.Before.Outcome
            ? Evidence.Seen($"{l.Link}: a new connection was {now.Outcome} after {now.Elapsed.TotalMilliseconds:0.0} ms, {l.Before.Outcome} before")
            : Evidence.NotSeen($"{l.Link}: a new connection was {l.Now!.Value.Outcome}, {l.Before.Outcome} before"),
    };

    // Before, an answer takes a millisecond or two, so a second of silence tells.
    public static ToxicFault Hang { get; } = new()
    {
        Type = "link.hang",
        Family = "tcp",
        Summary = "Accepts new connections of a link and never answers on them, or on the first so many.",
        Symptom = "New connections hang until somebody gives up; time-outs of connecting do not help, since the connection stands.",
        Example = new("notes-1-to-redis"),
        Parameters =
        [
            First,
            new DurationParameter("timeout", "When such a connection is closed; 0, the default: when the fault ends.", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
            ToxicFault.Toxicity,
        ],
        Toxic = "hang",
        Attributes = s => Attributes(("first", s.Number("first", 0)), ("timeout", Ms(s, "timeout"))),
        Patience = _ => TimeSpan.FromSeconds(1),
        Probe = (watch, l, token) => watch.AskAsync(l.Patience, token),
        Judge = l => l.Before.Outcome == ProbeOutcome.Answered && l.Now is { Outcome: ProbeOutcome.Silent or ProbeOutcome.Closed } now
            ? Evidence.Seen($"{l.Link}: a new connection had no answer for {now.Elapsed.TotalMilliseconds:N0} ms, one after {l.Before.Elapsed.TotalMilliseconds:N1} ms before")
            : Evidence.NotSeen($"{l.Link}: a new connection was {l.Now!.Value.Outcome}, {l.Before.Outcome} before"),
    };

    /// <summary>Something must have been as late as the least delay that can be drawn, or it was not this fault.</summary>
    private static Evidence JudgeLatency(LinkSight l)
    {
        var least = Least(Span(l.Settings, "latency"), Span(l.Settings, "jitter"));
        if (l.Now is { Outcome: ProbeOutcome.Answered } measured && measured.Elapsed >= least)
        {
            string compare = l.Before.Outcome == ProbeOutcome.Answered ? FormattableString.Invariant($", {l.Before.Elapsed.TotalMilliseconds:N1} ms before") : "";
            return Evidence.Seen($"{l.Link}: an answer took {measured.Elapsed.TotalMilliseconds:N0} ms{compare}");
        }

        return l.Total.MaxDelayMs >= least.TotalMilliseconds
            ? Evidence.Seen($"{l.Link}: {l.Total.PassedChunks:N0} pieces of data delayed by {l.Total.MeanDelayMs:N0} ms on average on {l.Total.Connections} connections")
            : Evidence.NotSeen($"{l.Link}: nothing passed that was late; {l.Total.PassedChunks:N0} pieces of data, the latest by {l.Total.MaxDelayMs:N1} ms");
    }

    /// <summary>More than one piece went by, and no more bytes in each than asked for: one small answer alone would show nothing.</summary>
    private static Evidence JudgeSlices(LinkSight l)
    {
        var (total, size) = (l.Total, SizeOf(l.Settings));
        double mean = total.PassedChunks == 0 ? 0 : (double)total.PassedBytes / total.PassedChunks;
        return total.PassedBytes > 2 * size && mean <= size * 1.25
            ? Evidence.Seen($"{l.Link}: {total.PassedBytes:N0} bytes passed in {total.PassedChunks:N0} pieces of {mean:0} bytes on average")
            : Evidence.NotSeen($"{l.Link}: {total.PassedBytes:N0} bytes passed in {total.PassedChunks:N0} pieces within {l.Patience.TotalSeconds:0} s");
    }

    /// <summary>The least of delays drawn uniformly around one.</summary>
    internal static TimeSpan Least(TimeSpan delay, TimeSpan jitter) => delay > jitter ? delay - jitter : Millisecond;

    /// <summary>A duration; 0 when left out.</summary>
    internal static TimeSpan Span(FaultSettings settings, string name) => settings.Duration(name) ?? TimeSpan.Zero;

    internal static long Ms(FaultSettings settings, string name) => (long)Span(settings, name).TotalMilliseconds;

    private static long SizeOf(FaultSettings settings) => settings.Number("size", 32);

    private static Dictionary<string, AttributeValue> Attributes(params (string Name, long Value)[] attributes) =>
        attributes.ToDictionary(a => a.Name, a => (AttributeValue)a.Value);
}

using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary>
/// What can be wrong with requests on a link that carries HTTP. Seen by the proxy's counters of real requests, and of a HEAD of our own for those faults that mean it.
/// </summary>
internal static class HttpFaults
{
    private static readonly IReadOnlyList<FaultParameter> WhichRequests =
    [
        new RouteParameter("path", "Only requests to this path (without its query; a final * for any rest).", "/"),
        new ChoiceParameter("method", "Only requests by this method.", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        new NumberParameter("percent", "The share of these requests that it touches; 100 when left out.", 1, 100),
        ToxicFault.Toxicity,
    ];

    public static ToxicFault Delay { get; } = new()
    {
        Type = "http.delay",
        Family = "http",
        Summary = "Holds requests on a link back by delay, those to a path or by a method when told so.",
        Symptom = "One route becomes slow and the others do not; the server itself measures nothing of it.",
        Receipt = "The proxy counted a request held back by at least the least delay that can be drawn.",
        Example = new("gateway-to-notes-1", ("delay", "300ms")),
        Parameters =
        [
            new DurationParameter("delay", "How long.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), Required: true),
            new DurationParameter("jitter", "How far a delay may lie from that, drawn uniformly.", TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            .. WhichRequests,
        ],
        Toxic = "http_delay",
        Attributes = s => Attributes(s, ("delay", LinkFaults.Ms(s, "delay")), ("jitter", LinkFaults.Ms(s, "jitter"))),
        Patience = s => LinkFaults.Span(s, "delay") + LinkFaults.Span(s, "jitter") + TimeSpan.FromSeconds(5),
        Judge = l => l.Total.MaxDelayMs >= LinkFaults.Least(LinkFaults.Span(l.Settings, "delay"), LinkFaults.Span(l.Settings, "jitter")).TotalMilliseconds
            ? Evidence.Seen($"{l.Link}: {l.Total.PassedChunks:N0} pieces of requests, the latest by {l.Total.MaxDelayMs:N0} ms")
            : Evidence.NotSeen($"{l.Link}: no request came that was held back; {l.Total.Connections} streams covered"),
    };

    public static ToxicFault Status { get; } = new()
    {
        Type = "http.status",
        Family = "http",
        Summary = "Answers requests on a link with a status; the server does not see them.",
        Symptom = "A share of answers has that status, and the server behind it knows nothing of them.",
        Receipt = "The proxy counted bytes of requests that it answered in the server's place.",
        Example = new("gateway-to-notes-1", ("status", "503")),
        Parameters = [new NumberParameter("status", "200 to 599; 503 when left out.", 200, 599), .. WhichRequests],
        Toxic = "http_status",
        Attributes = s => Attributes(s, ("status", s.Number("status", 503))),
        Judge = JudgeAnswered,
    };

    public static ToxicFault WrongContentType { get; } = new()
    {
        Type = "http.wrong-content-type",
        Family = "http",
        Summary = "Answers requests on a link with 200 and a text that is not of the type that was asked for, as a captive portal or a proxy's own page does.",
        Symptom = "No error in any status: clients fail when they parse. Whoever looks at the status only takes it for an answer.",
        Receipt = "The proxy counted bytes of requests that it answered with 200 and the wrong type.",
        Example = new("gateway-to-notes-1"),
        Parameters = [new TextParameter("type", "What the answer says it is; text/html when left out."), .. WhichRequests],
        Toxic = "http_answer",
        Attributes = s => new Dictionary<string, AttributeValue>(Attributes(s, ("status", 200))) { ["content_type"] = s.Choice("type", "text/html") },
        Judge = JudgeAnswered,
    };

    public static ToxicFault HugeHeader { get; } = new()
    {
        Type = "http.huge-header",
        Family = "http",
        Summary = "Answers requests on a link with 200 and a header of so many bytes.",
        Symptom = "502 from a proxy whose buffer the head does not fit into, an exception in a client with such a bound; the server behind knows nothing of it.",
        Receipt = "The proxy counted bytes of requests that it answered with the huge header.",
        Example = new("gateway-to-notes-1", ("bytes", "65536")),
        Parameters = [new NumberParameter("bytes", "Of the header; 65536 when left out.", 1, 1_000_000), .. WhichRequests],
        Toxic = "http_answer",
        Attributes = s => Attributes(s, ("status", 200), ("header_bytes", s.Number("bytes", 65_536))),
        Judge = JudgeAnswered,
    };

    public static ToxicFault RetryAfter { get; } = new()
    {
        Type = "http.retry-after",
        Family = "http",
        Summary = "Answers requests on a link with 503 and a Retry-After of so many seconds; with 0, every client that does as it is told comes again at once.",
        Symptom = "A storm of retries from clients that obey, as fast as they can; with a long time, clients that stay away long after the trouble.",
        Receipt = "The proxy counted bytes of requests that it answered with 503 and Retry-After.",
        Example = new("gateway-to-notes-1", ("seconds", "0")),
        Parameters = [new NumberParameter("seconds", "What Retry-After says; 0 when left out.", 0, 86_400), .. WhichRequests],
        Toxic = "http_answer",
        Attributes = s => Attributes(s, ("status", 503), ("retry_after", s.Number("seconds", 0))),
        Judge = JudgeAnswered,
    };

    public static ToxicFault Abort { get; } = new()
    {
        Type = "http.abort",
        Family = "http",
        Summary = "Resets the connection of requests on a link instead of passing them on.",
        Symptom = "502 or a retry where a proxy stands between, a broken connection where none does; the server sees nothing.",
        Receipt = "The proxy counted connections that it reset at a request.",
        Example = new("gateway-to-notes-1"),
        Parameters = WhichRequests,
        Toxic = "http_abort",
        Attributes = s => Attributes(s),
        Judge = l => l.Total.Ended > 0
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} connections were reset at a request")
            : Evidence.NotSeen($"{l.Link}: no request came within {l.Patience.TotalSeconds:0} s that could be aborted"),
    };

    public static ToxicFault Truncate { get; } = new()
    {
        Type = "http.truncate",
        Family = "http",
        Summary = "Lets so many bytes of the body of answers on a link pass, then closes the connection.",
        Symptom = "Answers whose length is not what their head says; clients that do not check take half an answer for a whole one.",
        Receipt = "The proxy counted answers that it broke off, and bytes of their bodies that it dropped.",
        Example = new("gateway-to-notes-1", ("bytes", "5")),
        Parameters = [new NumberParameter("bytes", "Of the body, as it is on the wire; 0 when left out.", 0, 1_000_000_000), .. WhichRequests],
        Toxic = "http_truncate",
        Attributes = s => Attributes(s, ("bytes", s.Number("bytes", 0))),
        Judge = l => l.Total is { DroppedBytes: > 0, Ended: > 0 }
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} answers broken off, {l.Total.DroppedBytes:N0} bytes of them dropped")
            : Evidence.NotSeen($"{l.Link}: no answer came within {l.Patience.TotalSeconds:0} s that could be broken off"),
    };

    private static Evidence JudgeAnswered(LinkSight l) => l.Total.DroppedBytes > 0
        ? Evidence.Seen($"{l.Link}: requests of {l.Total.DroppedBytes:N0} bytes were answered in the server's place on {l.Total.Connections} streams")
        : Evidence.NotSeen($"{l.Link}: no request came within {l.Patience.TotalSeconds:0} s that could be answered");

    private static Dictionary<string, AttributeValue> Attributes(FaultSettings settings, params (string Name, long Value)[] own)
    {
        var attributes = own.ToDictionary(a => a.Name, a => (AttributeValue)a.Value);
        attributes["percent"] = settings.Number("percent", 100);
        foreach (string name in (string[])["path", "method"])
        {
            if (settings.Choice(name, "") is { Length: > 0 } value)
            {
                attributes[name] = value;
            }
        }

        return attributes;
    }
}

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
        Example = new("gateway-to-notes-1", ("status", "503")),
        Parameters = [new NumberParameter("status", "200 to 599; 503 when left out.", 200, 599), .. WhichRequests],
        Toxic = "http_status",
        Attributes = s => Attributes(s, ("status", s.Number("status", 503))),
        Judge = l => l.Total.DroppedBytes > 0
            ? Evidence.Seen($"{l.Link}: requests of {l.Total.DroppedBytes:N0} bytes were answered in the server's place on {l.Total.Connections} streams")
            : Evidence.NotSeen($"{l.Link}: no request came within {l.Patience.TotalSeconds:0} s that could be answered"),
    };

    public static ToxicFault Abort { get; } = new()
    {
        Type = "http.abort",
        Family = "http",
        Summary = "Resets the connection of requests on a link instead of passing them on.",
        Symptom = "502 or a retry where a proxy stands between, a broken connection where none does; the server sees nothing.",
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
        Example = new("gateway-to-notes-1", ("bytes", "5")),
        Parameters = [new NumberParameter("bytes", "Of the body, as it is on the wire; 0 when left out.", 0, 1_000_000_000), .. WhichRequests],
        Toxic = "http_truncate",
        Attributes = s => Attributes(s, ("bytes", s.Number("bytes", 0))),
        Judge = l => l.Total is { DroppedBytes: > 0, Ended: > 0 }
            ? Evidence.Seen($"{l.Link}: {l.Total.Ended} answers broken off, {l.Total.DroppedBytes:N0} bytes of them dropped")
            : Evidence.NotSeen($"{l.Link}: no answer came within {l.Patience.TotalSeconds:0} s that could be broken off"),
    };

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

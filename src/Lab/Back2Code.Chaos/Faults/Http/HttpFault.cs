using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary>What the faults share that read HTTP on a link: which requests they mean, and how they are seen.</summary>
internal static class HttpFault
{
    public static IReadOnlyList<FaultParameter> WhichRequests { get; } =
    [
        new RouteParameter("path", "Only requests to this path (without its query; a final * for any rest).", "/"),
        new ChoiceParameter("method", "Only requests by this method.", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        new NumberParameter("percent", "The share of these requests that it touches; 100 when left out.", 1, 100),
    ];

    public static IReadOnlyDictionary<string, AttributeValue> Attributes(FaultSettings settings, params (string Name, long Value)[] own)
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

    /// <summary>By the proxy's counters of real requests, and of a HEAD of our own for those faults that mean it.</summary>
    public static Task<Evidence> UntilSeenAsync(
        LinkWatch link, string[] toxics, TimeSpan patience, Func<string, ToxicStatisticsDocument, Evidence> judge, CancellationToken cancellationToken) =>
        link.UntilSeenAsync(patience, (statistics, _) => judge(link.Link, ToxicFault.Total(statistics, toxics)), cancellationToken);
}

using System.Globalization;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary>What the faults that are toxics share: put a toxic on every link that matches, watch, take it off.</summary>
internal static class ToxicFault
{
    public static readonly RatioParameter Toxicity = new("toxicity", "Share of connections it touches; 1 when left out.");

    public static ChoiceParameter Stream(string otherwise) =>
        new("stream", $"Which direction: downstream is server to client; {otherwise} when left out.", ["downstream", "upstream", "both"]);

    /// <param name="watch">Judges one link, given how it answered before.</param>
    public static async Task<InjectedFault> InjectAsync(
        IFault fault,
        FaultContext context,
        FaultSettings settings,
        string type,
        IReadOnlyDictionary<string, AttributeValue> attributes,
        string defaultStream,
        Func<LinkWatch, ProbeResult, string[], CancellationToken, Task<Evidence>> watch,
        CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        var links = await LinkTargets.ResolveAsync(context, cancellationToken);
        string stream = settings.Choice("stream", defaultStream);
        var toxics = (stream == "both" ? ["upstream", "downstream"] : new[] { stream }).Select(s => new ToxicDocument
        {
            Name = $"{context.FaultId}-{s}",
            Type = type,
            Stream = s,
            Attributes = attributes,
            Toxicity = settings.Ratio("toxicity", 1),
        }).ToList();
        string[] names = [.. toxics.Select(t => t.Name)];
        var watches = links.Select(l => new LinkWatch(platform, l)).ToList();
        var before = await Task.WhenAll(watches.Select(w => w.AskBeforeAsync(cancellationToken)));
        return await Injection.RunAsync(
            fault,
            context,
            context.For,
            [.. links.SelectMany(l => names.Select(n => new RemoveToxic(l.Name, n)))],
            async token =>
            {
                await Task.WhenAll(links.SelectMany(l => toxics.Select(t => platform.Toxiproxy.AddToxicAsync(l.Name, t, token))));
                return await Task.WhenAll(watches.Zip(before, (w, b) => watch(w, b, names, token)));
            },
            async token => [.. await Task.WhenAll(watches.Select(w => SumUpAsync(w, names, token)))],
            cancellationToken);
    }

    /// <summary>The counters of this fault's toxics on one link, both directions together.</summary>
    public static ToxicStatisticsDocument Total(ProxyStatisticsDocument statistics, string[] toxics)
    {
        var mine = statistics.Toxics.Where(t => toxics.Contains(t.Name)).ToList();
        long chunks = mine.Sum(t => t.PassedChunks);
        return new ToxicStatisticsDocument
        {
            Connections = mine.Sum(t => t.Connections),
            Ended = mine.Sum(t => t.Ended),
            PassedBytes = mine.Sum(t => t.PassedBytes),
            DroppedBytes = mine.Sum(t => t.DroppedBytes),
            PassedChunks = chunks,
            MeanDelayMs = chunks == 0 ? 0 : mine.Sum(t => t.MeanDelayMs * t.PassedChunks) / chunks,
            MaxDelayMs = mine.Select(t => t.MaxDelayMs).DefaultIfEmpty().Max(),
        };
    }

    private static async Task<string> SumUpAsync(LinkWatch watch, string[] toxics, CancellationToken cancellationToken)
    {
        try
        {
            var total = Total(await watch.ReadAsync(cancellationToken), toxics);
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{watch.Link}: in all {total.PassedBytes:N0} bytes passed (delayed {total.MeanDelayMs:N0} ms on average, {total.MaxDelayMs:N0} ms at most), {total.DroppedBytes:N0} dropped, {total.Ended:N0} streams ended");
        }
        catch (Exception e) when (e is ToxiproxyException or HttpRequestException)
        {
            // The fault is to be undone even when nobody can say any more what it did.
            return $"{watch.Link}: its counters cannot be read: {e.Message}";
        }
    }
}

/// <summary>Links of the topology are the proxies of the fault proxy.</summary>
internal static class LinkTargets
{
    /// <exception cref="FaultException">None matches, or one that does is down already.</exception>
    public static async Task<IReadOnlyList<ProxyDocument>> ResolveAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var all = await context.Platform.Toxiproxy.ListAsync(cancellationToken);
        var links = TargetPattern.Resolve(context.Target, "link", [.. all.Values], l => l.Name);
        return links.FirstOrDefault(l => !l.Enabled) is { } down
            ? throw new FaultException($"{down.Name} is down already; a fault on it would show nothing.")
            : links;
    }
}

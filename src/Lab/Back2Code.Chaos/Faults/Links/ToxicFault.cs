using System.Globalization;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary>A fault that is a toxic: put on every link that matches, watched until its effect shows, taken off. Each is one entry of <see cref="LinkFaults"/> or <see cref="Http.HttpFaults"/>.</summary>
internal sealed class ToxicFault : IFault
{
    public static readonly RatioParameter Toxicity = new("toxicity", "Share of connections it touches; 1 when left out.");

    public required string Type { get; init; }

    public required string Family { get; init; }

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required FaultExample Example { get; init; }

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public required IReadOnlyList<FaultParameter> Parameters { get; init; }

    /// <summary>What the fault proxy calls it.</summary>
    public required string Toxic { get; init; }

    public required Func<FaultSettings, IReadOnlyDictionary<string, AttributeValue>> Attributes { get; init; }

    /// <summary>Which direction, when nobody says.</summary>
    public string DefaultStream { get; init; } = "downstream";

    /// <summary>How long to watch.</summary>
    public Func<FaultSettings, TimeSpan> Patience { get; init; } = _ => TimeSpan.FromSeconds(5);

    /// <summary>One question that tells; null where the counters of the toxic do, with any answer to the smallest question.</summary>
    public Func<LinkWatch, LinkSight, CancellationToken, Task<ProbeResult>>? Probe { get; init; }

    public required Func<LinkSight, Evidence> Judge { get; init; }

    public static ChoiceParameter Stream(string otherwise) =>
        new("stream", $"Which direction: downstream is server to client; {otherwise} when left out.", ["downstream", "upstream", "both"]);

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var platform = context.Platform;
        var links = await LinkTargets.ResolveAsync(context, cancellationToken);
        string stream = settings.Choice("stream", DefaultStream);
        var toxics = (stream == "both" ? ["upstream", "downstream"] : new[] { stream }).Select(s => new ToxicDocument
        {
            Name = $"{context.FaultId}-{s}",
            Type = Toxic,
            Stream = s,
            Attributes = Attributes(settings),
            Toxicity = settings.Ratio("toxicity", 1),
        }).ToList();
        string[] names = [.. toxics.Select(t => t.Name)];
        var watches = links.Select(l => new LinkWatch(platform, l)).ToList();
        var before = await Task.WhenAll(watches.Select(w => w.AskBeforeAsync(cancellationToken)));
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. links.SelectMany(l => names.Select(n => new RemoveToxic(l.Name, n)))],
            async token =>
            {
                await Task.WhenAll(links.SelectMany(l => toxics.Select(t => platform.Toxiproxy.AddToxicAsync(l.Name, t, token))));
                return await Task.WhenAll(watches.Zip(before, (w, b) => WatchAsync(w, new LinkSight(w.Link, b, settings, Patience(settings)), names, token)));
            },
            async token => [.. await Task.WhenAll(watches.Select(w => SumUpAsync(w, names, token)))],
            cancellationToken);
    }

    private async Task<Evidence> WatchAsync(LinkWatch watch, LinkSight sight, string[] toxics, CancellationToken cancellationToken) => Probe is null
        ? await watch.UntilSeenAsync(sight.Patience, (statistics, answer) => Judge(sight with { Total = Total(statistics, toxics), Now = answer }), cancellationToken)
        : Judge(sight with { Now = await Probe(watch, sight, cancellationToken) });

    /// <summary>The counters of this fault's toxics on one link, both directions together.</summary>
    private static ToxicStatisticsDocument Total(ProxyStatisticsDocument statistics, string[] toxics)
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

/// <summary>What is known of one link when a fault on it is judged.</summary>
/// <param name="Before">How it answered while it was whole.</param>
/// <param name="Patience">How long it is watched.</param>
internal sealed record LinkSight(string Link, ProbeResult Before, FaultSettings Settings, TimeSpan Patience)
{
    /// <summary>The counters of the fault's toxics, both directions together.</summary>
    public ToxicStatisticsDocument Total { get; init; } = new();

    /// <summary>How it answers now; null while it has not.</summary>
    public ProbeResult? Now { get; init; }
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

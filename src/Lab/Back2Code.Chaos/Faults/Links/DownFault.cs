using System.Globalization;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.down</c>: connections close, new ones are refused.</summary>
internal sealed class DownFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public string Type => "link.down";

    public string Family => "tcp";

    public string Summary => "Closes the connections of a link and refuses new ones.";

    public string Symptom => "Connection refused, at once: errors are quick, and health checks see it first.";

    public string Receipt => "A new connection to the link is refused; the proxy says how many it has closed.";

    public string Undo => "Has the proxy listen on the link again when the fault ends; the connections that it closed do not come back, clients make new ones.";

    public FaultExample Example { get; } = new("notes-1-to-redis");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var links = await LinkTargets.ResolveAsync(context, cancellationToken);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. links.Select(l => new EnableLink(l.Name))],
            async token => await Task.WhenAll(links.Select(l => CutAsync(context.Platform, l, token))),
            sumUp: null,
            cancellationToken);
    }

    private static async Task<Evidence> CutAsync(IFaultTarget platform, ProxyDocument link, CancellationToken cancellationToken)
    {
        var watch = new LinkWatch(platform, link);
        long cutBefore = (await watch.ReadAsync(cancellationToken)).Cut;
        await platform.Toxiproxy.SetEnabledAsync(link.Name, enabled: false, cancellationToken);
        var probe = await watch.AskAsync(Patience, cancellationToken);
        long cut = (await watch.ReadAsync(cancellationToken)).Cut - cutBefore;
        return probe.Outcome == ProbeOutcome.Refused
            ? Evidence.Seen($"{link.Name}: {cut} connections closed; a new one was refused")
            : Evidence.NotSeen($"{link.Name}: {cut} connections closed, yet a new one was {probe.Outcome.ToString().ToLower(CultureInfo.InvariantCulture)}");
    }
}

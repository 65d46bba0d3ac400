using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary><c>http.delay</c>: requests are held back before the server sees them.</summary>
internal sealed class HttpDelayFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "http.delay";

    public string Family => "http";

    public string Summary => "Holds requests on a link back by delay, those to a path or by a method when told so.";

    public string Symptom => "One route becomes slow and the others do not; the server itself measures nothing of it.";

    public FaultExample Example { get; } = new("gateway-to-notes-1", ("delay", "300ms"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("delay", "How long.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), Required: true),
        new DurationParameter("jitter", "How far a delay may lie from that, drawn uniformly.", TimeSpan.Zero, TimeSpan.FromMinutes(5)),
        .. HttpFault.WhichRequests,
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var delay = settings.Duration("delay")!.Value;
        var jitter = settings.Duration("jitter") ?? TimeSpan.Zero;
        var least = delay > jitter ? delay - jitter : TimeSpan.FromMilliseconds(1);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "http_delay",
            HttpFault.Attributes(settings, ("delay", (long)delay.TotalMilliseconds), ("jitter", (long)jitter.TotalMilliseconds)),
            "downstream",
            (link, _, toxics, token) => HttpFault.UntilSeenAsync(link, toxics, delay + jitter + Patience, (name, total) => Judge(name, total, least), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total, TimeSpan least) =>
        total.MaxDelayMs >= least.TotalMilliseconds
            ? Evidence.Seen($"{link}: {total.PassedChunks:N0} pieces of requests, the latest by {total.MaxDelayMs:N0} ms")
            : Evidence.NotSeen($"{link}: no request came that was held back; {total.Connections} streams covered");
}

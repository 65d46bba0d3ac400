using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.bandwidth</c>: a narrow pipe.</summary>
internal sealed class BandwidthFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "link.bandwidth";

    public string Family => "tcp";

    public string Summary => "Passes at most rate × 1000 bytes a second on each connection of a link.";

    public string Symptom => "Small answers are as quick as ever and big ones slow: the tail of the response times grows, the median does not.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("rate", "10"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("rate", "KB (1000 bytes) a second.", 1, 1_000_000, Required: true),
        ToxicFault.Stream("downstream"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "bandwidth",
            new Dictionary<string, AttributeValue> { ["rate"] = settings.Number("rate") },
            "downstream",
            (link, _, toxics, token) => link.UntilSeenAsync(Patience, (statistics, _) => Judge(link.Link, ToxicFault.Total(statistics, toxics)), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total is { PassedBytes: > 0, MaxDelayMs: >= 1 }
            ? Evidence.Seen($"{link}: {total.PassedBytes:N0} bytes passed on {total.Connections} connections, held back up to {total.MaxDelayMs:N1} ms")
            : Evidence.NotSeen($"{link}: nothing passed within {Patience.TotalSeconds:0} s that could be held back");
}

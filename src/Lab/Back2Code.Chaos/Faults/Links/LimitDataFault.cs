using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.limit-data</c>: every connection ends after so many bytes.</summary>
internal sealed class LimitDataFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "link.limit-data";

    public string Family => "tcp";

    public string Summary => "Closes each connection once so many bytes have passed on it.";

    public string Symptom => "Big answers break off in the middle; small ones work until their connection is used up, then the next one begins.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("bytes", "200"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("bytes", "How many, counted from the beginning of a connection.", 0, 1_000_000_000, Required: true),
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
            "limit_data",
            new Dictionary<string, AttributeValue> { ["bytes"] = settings.Number("bytes") },
            "downstream",
            (link, _, toxics, token) => link.UntilSeenAsync(Patience, (statistics, _) => Judge(link.Link, ToxicFault.Total(statistics, toxics)), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total.Ended > 0
            ? Evidence.Seen($"{link}: {total.Ended} connections ended after {total.PassedBytes:N0} bytes in all")
            : Evidence.NotSeen($"{link}: no connection carried that much within {Patience.TotalSeconds:0} s; {total.PassedBytes:N0} bytes on {total.Connections}");
}

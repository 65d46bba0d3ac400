using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.reset</c>: every connection that is used ends with RST, old and new.</summary>
internal sealed class ResetFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public string Type => "link.reset";

    public string Family => "tcp";

    public string Summary => "Resets (RST) every connection of a link at the next data on it, or a little after.";

    public string Symptom => "Connection reset by peer in the logs; clients that retry succeed only when the fault is over.";

    public FaultExample Example { get; } = new("notes-1-to-postgres");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("timeout", "How long after the data; 0 when left out.", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
        ToxicFault.Stream("both"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var timeout = settings.Duration("timeout") ?? TimeSpan.Zero;
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "reset_peer",
            new Dictionary<string, AttributeValue> { ["timeout"] = (long)timeout.TotalMilliseconds },
            "both",
            (link, _, toxics, token) => link.UntilSeenAsync(
                timeout + Patience, (statistics, answer) => Judge(link.Link, ToxicFault.Total(statistics, toxics), answer), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total, ProbeResult? answer) =>
        total.Ended > 0
            ? Evidence.Seen($"{link}: {total.Ended} connections reset{(answer is { Outcome: ProbeOutcome.Reset } ? ", a new one among them" : "")}")
            : Evidence.NotSeen($"{link}: no connection was used, so none was reset");
}

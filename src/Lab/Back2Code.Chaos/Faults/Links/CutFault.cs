using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.cut</c>: every connection is cut after a while, as by a firewall that forgets.</summary>
internal sealed class CutFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public string Type => "link.cut";

    public string Family => "tcp";

    public string Summary => "Ends each connection of a link after a time, with or without a reset.";

    public string Symptom => "Connections of pools break while they are used; each costs one failed request, or a retry.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("after", "500ms"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("after", "From the injection, or from the beginning of a connection.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10), Required: true),
        new ChoiceParameter("how", "By close (FIN) when left out, or by reset (RST).", ["close", "reset"]),
        ToxicFault.Stream("downstream"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var after = settings.Duration("after")!.Value;
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "cut",
            new Dictionary<string, AttributeValue> { ["time"] = (long)after.TotalMilliseconds, ["reset"] = settings.Choice("how", "close") == "reset" ? 1L : 0L },
            "downstream",
            (link, _, toxics, token) => link.UntilSeenAsync(after + Patience, (statistics, _) => Judge(link.Link, ToxicFault.Total(statistics, toxics)), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total.Ended > 0
            ? Evidence.Seen($"{link}: {total.Ended} of {total.Connections} connections cut")
            : Evidence.NotSeen($"{link}: none of {total.Connections} connections lived long enough to be cut");
}

using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.timeout</c>: a black hole. Connections stay open and nothing arrives; when it ends they close, since bytes are missing in them.</summary>
internal sealed class TimeoutFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public string Type => "link.timeout";

    public string Family => "tcp";

    public string Summary => "Swallows what is sent over a link, both ways unless told otherwise; with timeout, closes each connection after that time.";

    public string Symptom => "Connections stay open and nothing comes: only time-outs end the wait, and pools fill with connections that wait.";

    public FaultExample Example { get; } = new("notes-1-to-postgres");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("timeout", "When a connection closes; 0, the default: when the fault ends.", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
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
            "timeout",
            new Dictionary<string, AttributeValue> { ["timeout"] = (long)timeout.TotalMilliseconds },
            "both",
            (link, _, toxics, token) => link.UntilSeenAsync(Patience, (statistics, _) => Judge(link.Link, ToxicFault.Total(statistics, toxics)), token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total.DroppedBytes > 0
            ? Evidence.Seen($"{link}: {total.DroppedBytes:N0} bytes dropped on the first look, {total.Connections} streams covered")
            : Evidence.NotSeen($"{link}: nobody sent anything within {Patience.TotalSeconds:0} s that could be dropped");
}

using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.hang</c>: new connections are accepted and nobody answers on them.</summary>
internal sealed class HangFault : IFault
{
    // Before, an answer takes a millisecond or two.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public string Type => "link.hang";

    public string Family => "tcp";

    public string Summary => "Accepts new connections of a link and never answers on them, or on the first so many.";

    public string Symptom => "New connections hang until somebody gives up; time-outs of connecting do not help, since the connection stands.";

    public FaultExample Example { get; } = new("notes-1-to-redis");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("first", "Only so many; 0, the default: every one.", 0, 1_000_000),
        new DurationParameter("timeout", "When such a connection is closed; 0, the default: when the fault ends.", TimeSpan.Zero, TimeSpan.FromMinutes(10)),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "hang",
            new Dictionary<string, AttributeValue> { ["first"] = settings.Number("first", 0), ["timeout"] = (long)(settings.Duration("timeout") ?? TimeSpan.Zero).TotalMilliseconds },
            "downstream",
            async (link, before, _, token) => Judge(link.Link, before, await link.AskAsync(Patience, token)),
            cancellationToken);
    }

    private static Evidence Judge(string link, ProbeResult before, ProbeResult now) =>
        before.Outcome == ProbeOutcome.Answered && now.Outcome is ProbeOutcome.Silent or ProbeOutcome.Closed
            ? Evidence.Seen($"{link}: a new connection had no answer for {now.Elapsed.TotalMilliseconds:N0} ms, one after {before.Elapsed.TotalMilliseconds:N1} ms before")
            : Evidence.NotSeen($"{link}: a new connection was {now.Outcome}, {before.Outcome} before");
}

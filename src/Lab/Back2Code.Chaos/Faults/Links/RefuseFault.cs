using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.refuse</c>: new connections are accepted and reset at once; those that are open work on.</summary>
internal sealed class RefuseFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public string Type => "link.refuse";

    public string Family => "tcp";

    public string Summary => "Resets new connections of a link, or the first so many.";

    public string Symptom => "Nothing while pools hold their connections; then errors at every new one. A restart of the client makes it worse.";

    public FaultExample Example { get; } = new("notes-1-to-redis");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("first", "Only so many; 0, the default: every one.", 0, 1_000_000),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "refuse",
            new Dictionary<string, AttributeValue> { ["first"] = settings.Number("first", 0) },
            "downstream",
            async (link, before, _, token) => Judge(link.Link, before, await link.AskAsync(Patience, token)),
            cancellationToken);
    }

    private static Evidence Judge(string link, ProbeResult before, ProbeResult now) =>
        now.Outcome is ProbeOutcome.Reset or ProbeOutcome.Refused && before.Outcome != now.Outcome
            ? Evidence.Seen($"{link}: a new connection was {now.Outcome} after {now.Elapsed.TotalMilliseconds:0.0} ms, {before.Outcome} before")
            : Evidence.NotSeen($"{link}: a new connection was {now.Outcome}, {before.Outcome} before");
}

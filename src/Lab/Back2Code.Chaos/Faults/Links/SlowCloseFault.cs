using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.slow-close</c>: data passes at once, the end of a connection comes late.</summary>
internal sealed class SlowCloseFault : IFault
{
    public string Type => "link.slow-close";

    public string Family => "tcp";

    public string Summary => "Passes the end of a connection on only after delay.";

    public string Symptom => "Closed connections stay half open, and whoever waits for an end waits; descriptors pile up on both sides.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("delay", "1s"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("delay", "How late the end comes.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), Required: true),
        ToxicFault.Stream("downstream"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var delay = settings.Duration("delay")!.Value;
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "slow_close",
            new Dictionary<string, AttributeValue> { ["delay"] = (long)delay.TotalMilliseconds },
            "downstream",
            async (link, _, _, token) => Judge(link.Link, await link.CloseAsync(delay + TimeSpan.FromSeconds(5), token), delay),
            cancellationToken);
    }

    /// <summary>By an end of our own: whoever else closes a connection now cannot be told to.</summary>
    private static Evidence Judge(string link, ProbeResult end, TimeSpan delay) =>
        end.Outcome == ProbeOutcome.Closed && end.Elapsed >= delay
            ? Evidence.Seen($"{link}: the end of a connection came after {end.Elapsed.TotalMilliseconds:N0} ms")
            : Evidence.NotSeen($"{link}: the end of a connection was {end.Outcome} after {end.Elapsed.TotalMilliseconds:N0} ms");
}

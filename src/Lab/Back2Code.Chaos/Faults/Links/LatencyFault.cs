using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Links;

/// <summary><c>link.latency</c>: everything arrives late.</summary>
internal sealed class LatencyFault : IFault
{
    public string Type => "link.latency";

    public string Family => "tcp";

    public string Summary => "Delays what passes a link by latency, give or take up to jitter.";

    public string Symptom => "Response times grow by the delay for each round trip; time-outs and breakers answer when it exceeds their budget.";

    public FaultExample Example { get; } = new("notes-1-to-postgres", ("latency", "200ms"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("latency", "The delay of each piece of data.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), Required: true),
        new DurationParameter("jitter", "How far a delay may lie from latency, drawn uniformly.", TimeSpan.Zero, TimeSpan.FromMinutes(5)),
        ToxicFault.Stream("downstream"),
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var latency = settings.Duration("latency")!.Value;
        var jitter = settings.Duration("jitter") ?? TimeSpan.Zero;

        // The least delay that can be drawn; something must have been at least that late, or it was not this fault.
        var least = latency > jitter ? latency - jitter : TimeSpan.FromMilliseconds(1);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "latency",
            new Dictionary<string, AttributeValue> { ["latency"] = (long)latency.TotalMilliseconds, ["jitter"] = (long)jitter.TotalMilliseconds },
            "downstream",
            (link, before, toxics, token) => link.UntilSeenAsync(
                latency + jitter + TimeSpan.FromSeconds(3),
                (statistics, answer) => Judge(link.Link, before, answer, ToxicFault.Total(statistics, toxics), least),
                token),
            cancellationToken);
    }

    private static Evidence Judge(
        string link, ProbeResult before, ProbeResult? answer, ToxicStatisticsDocument total, TimeSpan least)
    {
        if (answer is { Outcome: ProbeOutcome.Answered } measured && measured.Elapsed >= least)
        {
            string compare = before.Outcome == ProbeOutcome.Answered ? FormattableString.Invariant($", {before.Elapsed.TotalMilliseconds:N1} ms before") : "";
            return Evidence.Seen($"{link}: an answer took {measured.Elapsed.TotalMilliseconds:N0} ms{compare}");
        }

        return total.MaxDelayMs >= least.TotalMilliseconds
            ? Evidence.Seen($"{link}: {total.PassedChunks:N0} pieces of data delayed by {total.MeanDelayMs:N0} ms on average on {total.Connections} connections")
            : Evidence.NotSeen($"{link}: nothing passed that was late; {total.PassedChunks:N0} pieces of data, the latest by {total.MaxDelayMs:N1} ms");
    }
}

using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary><c>http.truncate</c>: answers break off in their body.</summary>
internal sealed class HttpTruncateFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "http.truncate";

    public string Family => "http";

    public string Summary => "Lets so many bytes of the body of answers on a link pass, then closes the connection.";

    public string Symptom => "Answers whose length is not what their head says; clients that do not check take half an answer for a whole one.";

    public FaultExample Example { get; } = new("gateway-to-notes-1", ("bytes", "5"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("bytes", "Of the body, as it is on the wire; 0 when left out.", 0, 1_000_000_000),
        .. HttpFault.WhichRequests,
        ToxicFault.Toxicity,
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        return ToxicFault.InjectAsync(
            this,
            context,
            settings,
            "http_truncate",
            HttpFault.Attributes(settings, ("bytes", settings.Number("bytes", 0))),
            "downstream",
            (link, _, toxics, token) => HttpFault.UntilSeenAsync(link, toxics, Patience, Judge, token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total is { DroppedBytes: > 0, Ended: > 0 }
            ? Evidence.Seen($"{link}: {total.Ended} answers broken off, {total.DroppedBytes:N0} bytes of them dropped")
            : Evidence.NotSeen($"{link}: no answer came within {Patience.TotalSeconds:0} s that could be broken off");
}

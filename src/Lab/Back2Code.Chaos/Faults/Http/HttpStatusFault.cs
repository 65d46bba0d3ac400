using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary><c>http.status</c>: an answer in the place of the server.</summary>
internal sealed class HttpStatusFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "http.status";

    public string Family => "http";

    public string Summary => "Answers requests on a link with a status; the server does not see them.";

    public string Symptom => "A share of answers has that status, and the server behind it knows nothing of them.";

    public FaultExample Example { get; } = new("gateway-to-notes-1", ("status", "503"));

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("status", "200 to 599; 503 when left out.", 200, 599),
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
            "http_status",
            HttpFault.Attributes(settings, ("status", settings.Number("status", 503))),
            "downstream",
            (link, _, toxics, token) => HttpFault.UntilSeenAsync(link, toxics, Patience, Judge, token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total.DroppedBytes > 0
            ? Evidence.Seen($"{link}: requests of {total.DroppedBytes:N0} bytes were answered in the server's place on {total.Connections} streams")
            : Evidence.NotSeen($"{link}: no request came within {Patience.TotalSeconds:0} s that could be answered");
}

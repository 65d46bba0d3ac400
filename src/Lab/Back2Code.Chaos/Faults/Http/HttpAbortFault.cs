using Back2Code.Chaos.Faults.Links;
using Back2Code.Chaos.Proxy;

namespace Back2Code.Chaos.Faults.Http;

/// <summary><c>http.abort</c>: connections are reset in the place of an answer.</summary>
internal sealed class HttpAbortFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "http.abort";

    public string Family => "http";

    public string Summary => "Resets the connection of requests on a link instead of passing them on.";

    public string Symptom => "502 or a retry where a proxy stands between, a broken connection where none does; the server sees nothing.";

    public FaultExample Example { get; } = new("gateway-to-notes-1");

    public FaultTargetKind TargetKind => FaultTargetKind.Link;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
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
            "http_abort",
            HttpFault.Attributes(settings),
            "downstream",
            (link, _, toxics, token) => HttpFault.UntilSeenAsync(link, toxics, Patience, Judge, token),
            cancellationToken);
    }

    private static Evidence Judge(string link, ToxicStatisticsDocument total) =>
        total.Ended > 0
            ? Evidence.Seen($"{link}: {total.Ended} connections were reset at a request")
            : Evidence.NotSeen($"{link}: no request came within {Patience.TotalSeconds:0} s that could be aborted");
}

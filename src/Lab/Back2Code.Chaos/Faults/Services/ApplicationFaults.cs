namespace Back2Code.Chaos.Faults.Services;

/// <summary>A service that does its own work wrong.</summary>
internal static class ApplicationFaults
{
    private static readonly RouteParameter Route = new("route", "Only requests whose path begins so; all of the service's when left out.", "/v1/");

    public static ServiceFault Errors { get; } = new()
    {
        Type = "app.errors",
        Family = "application",
        Summary = "Has a service answer a share of its requests with 500, before it does anything else.",
        Symptom = "The share of 500s of one service rises while its process, its health checks and its dependencies look well.",
        Receipt = "The service has counted requests that it answered 500 for the fault.",
        Example = new("notes-1", ("ratio", "0.5")),
        Parameters = [new RatioParameter("ratio", "The share of requests that fail.", Required: true), Route],
        Kind = "errors",
        Order = s => Requests(s),
        Proof = (r, s) => r.Struck > 0 ? $"{r.Struck} of {r.Seen} requests under {RouteOf(s)} answered 500" : null,
    };

    public static ServiceFault Exceptions { get; } = new()
    {
        Type = "app.exceptions",
        Family = "application",
        Summary = "Has a service throw an exception that nobody handles in a share of its requests.",
        Symptom = "500s as from app.errors, and for each an exception with its stack in the log: the log grows with the traffic.",
        Receipt = "The service has counted requests that threw for the fault.",
        Example = new("notes-1", ("ratio", "0.5")),
        Parameters = [new RatioParameter("ratio", "The share of requests that throw.", Required: true), Route],
        Kind = "exceptions",
        Order = s => Requests(s),
        Proof = (r, s) => r.Struck > 0 ? $"{r.Struck} of {r.Seen} requests under {RouteOf(s)} threw" : null,
    };

    public static ServiceFault Latency { get; } = new()
    {
        Type = "app.latency",
        Family = "application",
        Summary = "Has a service keep a share of its requests waiting before it does anything else.",
        Symptom = "Slow answers and no errors; the process, its health checks and its dependencies look well. With one replica of two, the median is fine and the tail is not.",
        Receipt = "The service has counted requests that it kept waiting for the fault.",
        Example = new("notes-1", ("latency", "300ms")),
        Parameters =
        [
            new DurationParameter("latency", "How long they wait.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), Required: true),
            new RatioParameter("ratio", "The share of requests that wait; all when left out."),
            Route,
        ],
        Kind = "latency",
        Order = s => Requests(s, ("delayMs", s.Duration("latency")!.Value.TotalMilliseconds)),
        Proof = (r, s) => r.Struck > 0 ? $"{r.Struck} of {r.Seen} requests under {RouteOf(s)} were kept waiting" : null,
    };

    public static ServiceFault LogFlood { get; } = new()
    {
        Type = "app.log-flood",
        Family = "application",
        Summary = "Has a service write so many log lines a second that say nothing.",
        Symptom = "The log grows by megabytes, what matters drowns in it, and the lab cuts the oldest away; processor time goes up a little.",
        Receipt = "The service has counted the lines of a second, or a hundred.",
        Example = new("notes-1", ("rate", "500")),
        Parameters = [new NumberParameter("rate", "Lines a second.", 1, 50_000, Required: true)],
        Kind = "log-flood",
        Order = s => new Dictionary<string, object> { ["rate"] = s.Number("rate") },
        Proof = (r, s) => r.Struck >= Math.Min(s.Number("rate"), 100) ? $"{r.Struck} lines were written" : null,
    };

    public static ServiceFault MetricsGap { get; } = new()
    {
        Type = "app.metrics-gap",
        Family = "application",
        Summary = "Has a service give nothing on /metrics: it cuts the connection, or answers an empty page.",
        Symptom = "Graphs of this process end while users are served as ever. With an empty page the scrape itself succeeds, so `up` stays 1 and only what is missing tells.",
        Receipt = "The service has counted scrapes that got nothing, or an empty page.",
        Example = new("notes-1"),
        Parameters = [new ChoiceParameter("how", "Either nothing, the connection is cut; or empty, 200 and no sample.", ["nothing", "empty"])],
        Kind = "metrics-gap",
        Order = s => new Dictionary<string, object> { ["how"] = s.Choice("how", "nothing") },
        Proof = (r, s) => r.Struck > 0 ? $"{r.Struck} scrapes got {(s.Choice("how", "nothing") == "empty" ? "an empty page" : "nothing")}" : null,
    };

    public static ServiceFault ReadinessLie { get; } = new()
    {
        Type = "app.readiness-lie",
        Family = "application",
        Summary = "Has a service say that it is ready when it is not, or not ready when it is.",
        Symptom = "With unready, the gateway takes a replica out that could serve. With ready, it sends traffic to one that starts or drains, and these requests fail.",
        Receipt = "The service has counted questions whether it is ready that it answered with the lie.",
        Example = new("notes-1", ("says", "unready")),
        Parameters = [new ChoiceParameter("says", "What /health/ready answers.", ["ready", "unready"], Required: true)],
        Kind = "readiness-lie",
        Order = s => new Dictionary<string, object> { ["how"] = s.Choice("says", "ready") },
        Proof = (r, s) => r.Struck > 0 ? $"{r.Struck} questions whether it is ready were answered '{s.Choice("says", "ready")}'" : null,
    };

    public static ServiceFault ClockSkew { get; } = new()
    {
        Type = "time.skew",
        Family = "time",
        Summary = "Puts the clock of a service wrong: tokens, caches, retention and the times that it writes down see it; durations and time-outs do not.",
        Symptom = "ClockSkewed. Ahead by more than the life of a token: 401 for good tokens from this replica only. Times in its log and in what it stores are off.",
        Receipt = "The service measures that its clock is off by more than half of what was asked for.",
        Example = new("notes-1", ("by", "10m")),
        Parameters =
        [
            new DurationParameter("by", "How far it is off.", TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(365), Required: true),
            new ChoiceParameter("direction", "Ahead, or behind.", ["ahead", "behind"]),
        ],
        Kind = "clock-skew",
        Order = s => new Dictionary<string, object>
        {
            ["offsetSeconds"] = s.Duration("by")!.Value.TotalSeconds * (s.Choice("direction", "ahead") == "behind" ? -1 : 1),
        },
        Proof = (r, s) => Math.Abs(r["offsetSeconds"]) > s.Duration("by")!.Value.TotalSeconds / 2 ? $"its clock is off by {r["offsetSeconds"]:0.###} s" : null,
    };

    public static ServiceFault Rollover { get; } = new()
    {
        Type = "time.rollover",
        Family = "time",
        Summary = "Puts the clock of a service to a moment, such as the one after which seconds since 1970 do not fit into 31 bits. What it does by that date, such as forgetting what is past its retention, stays done.",
        Symptom = "ClockSkewed; 401 for every token, from this replica only, and times in its log of another decade. What counts 32-bit seconds goes on in 1901.",
        Receipt = "The service measures that its clock shows the moment, give or take a minute.",
        Example = new("notes-1", ("to", "2038-01-19T03:14:08Z")),
        Parameters = [new InstantParameter("to", "The moment, in UTC; 2038-01-19T03:14:08Z when left out.", new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2070, 1, 1, 0, 0, 0, TimeSpan.Zero))],
        Kind = "clock-skew",
        Order = s => new Dictionary<string, object> { ["offsetSeconds"] = (MomentOf(s) - TimeProvider.System.GetUtcNow()).TotalSeconds },
        Proof = (r, s) => TimeProvider.System.GetUtcNow().AddSeconds(r["offsetSeconds"]) is var shown && (shown - MomentOf(s)).Duration() < TimeSpan.FromMinutes(1)
            ? $"its clock shows {shown.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}"
            : null,
    };

    private static DateTimeOffset MomentOf(FaultSettings settings) =>
        InstantParameter.TryParse(settings.Choice("to", "2038-01-19T03:14:08Z"), out var moment) ? moment : throw new System.Diagnostics.UnreachableException(settings.Choice("to", ""));

    private static string RouteOf(FaultSettings settings) => settings.Choice("route", "/v1/");

    private static Dictionary<string, object> Requests(FaultSettings settings, params (string Name, object Value)[] more)
    {
        var order = more.ToDictionary(m => m.Name, m => m.Value);
        order["ratio"] = settings.Ratio("ratio", 1);
        order["route"] = RouteOf(settings);
        return order;
    }
}

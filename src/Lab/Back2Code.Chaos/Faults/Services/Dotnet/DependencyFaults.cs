namespace Back2Code.Chaos.Faults.Services.Dotnet;

/// <summary>
/// A service's calls to a dependency go wrong inside its own resilience pipeline, or at its client where there is none, by the chaos strategies of Polly; the dependency
/// itself is well.
/// </summary>
internal static class DependencyFaults
{
    private static readonly ChoiceParameter Dependency = new("dependency", "Calls to what; postgres when left out. Of rabbitmq, publications from the outbox.", ["postgres", "redis", "rabbitmq"]);
    private static readonly RatioParameter Ratio = new("ratio", "The share of calls; all when left out.");

    public static ServiceFault Faults { get; } = new()
    {
        Type = "dotnet.dependency-faults",
        Family = "dotnet",
        Summary = "Has a share of a service's calls to a dependency fail at once.",
        Symptom = "As if the dependency broke connections, for one process only: retries, then an open circuit and 503. With how=bug, 500s and a circuit that stays closed.",
        Receipt = "The service has counted calls to the dependency that it failed.",
        Example = new("notes-1", ("ratio", "0.5")),
        Parameters = [Dependency, Ratio, new ChoiceParameter("how", "Either io, a lost connection; or timeout, the client gave up; or bug, an exception that no breaker counts.", ["io", "timeout", "bug"])],
        Kind = "dependency-faults",
        Order = s => Call(s, ("how", s.Choice("how", "io"))),
        Proof = (r, s) => Struck(r, s, "failed"),
    };

    public static ServiceFault Latency { get; } = new()
    {
        Type = "dotnet.dependency-latency",
        Family = "dotnet",
        Summary = "Has a share of a service's calls to a dependency wait first.",
        Symptom = "As link.latency, for one process and counted in calls: attempt time-outs, a full bulkhead, an open circuit when the wait is longer than an attempt may take.",
        Receipt = "The service has counted calls to the dependency that it kept waiting.",
        Example = new("notes-1", ("latency", "300ms")),
        Parameters = [Dependency, Ratio, new DurationParameter("latency", "How long.", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), Required: true)],
        Kind = "dependency-latency",
        Order = s => Call(s, ("delayMs", s.Duration("latency")!.Value.TotalMilliseconds)),
        Proof = (r, s) => Struck(r, s, "kept waiting"),
    };

    public static ServiceFault Outcomes { get; } = new()
    {
        Type = "dotnet.dependency-outcomes",
        Family = "dotnet",
        Summary = "Has a dependency do its work and the answer be lost: the caller sees a failure of something that has happened.",
        Symptom = "Retries of what was done already. Nothing may be there twice: writes recognise themselves. Where they do not, duplicates.",
        Receipt = "The service has counted calls to the dependency whose outcome it replaced after they were done.",
        Example = new("notes-1", ("ratio", "0.2")),
        Parameters = [Dependency, Ratio, new ChoiceParameter("how", "Either io, a lost connection; or timeout, the client gave up.", ["io", "timeout"])],
        Kind = "dependency-outcomes",
        Order = s => Call(s, ("how", s.Choice("how", "io"))),
        Proof = (r, s) => Struck(r, s, "done and not heard of"),
    };

    public static ServiceFault Blocking { get; } = new()
    {
        Type = "dotnet.dependency-blocking",
        Family = "dotnet",
        Summary = "Has a share of a service's calls to a dependency block their thread first, which no time-out can end.",
        Symptom = "Calls exceed their own time-outs, threads pile up, and what needs no dependency gets slow too.",
        Receipt = "The service has counted calls to the dependency whose thread it blocked.",
        Example = new("notes-1", ("block", "200ms"), ("ratio", "0.5")),
        Parameters = [Dependency, Ratio, new DurationParameter("block", "How long.", TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(5), Required: true)],
        Kind = "dependency-blocking",
        Order = s => Call(s, ("delayMs", s.Duration("block")!.Value.TotalMilliseconds)),
        Proof = (r, s) => Struck(r, s, "blocked"),
    };

    private static string? Struck(Reading reading, FaultSettings settings, string how) =>
        reading.Struck > 0 ? $"{reading.Struck} of {reading.Seen} calls to {settings.Choice("dependency", "postgres")} were {how}" : null;

    private static Dictionary<string, object> Call(FaultSettings settings, (string Name, object Value) more) => new()
    {
        ["dependency"] = settings.Choice("dependency", "postgres"),
        ["ratio"] = settings.Ratio("ratio", 1),
        [more.Name] = more.Value,
    };
}

namespace Back2Code.Resilience;

/// <summary>What a drill asks of a service. Which members a kind reads, and their ranges, is in <see cref="DisturbanceKinds"/>.</summary>
/// <param name="Seconds">The lease: after it the disturbance ends by itself. 1 to 3600.</param>
/// <param name="Ratio">Share of what falls under it, above 0 and at most 1; 1 when left out.</param>
/// <param name="Route">What a path must begin with to count; <c>/v1/</c> when left out, so that health checks and metrics are never touched.</param>
/// <param name="DelayMs">How much later, or how long something is held.</param>
/// <param name="Dependency">Name of a dependency pipeline, such as <c>postgres</c>.</param>
/// <param name="Rate">Per second: MiB for memory, lines for logs.</param>
/// <param name="Limit">At most: MiB for memory.</param>
/// <param name="Threads">How many.</param>
/// <param name="OffsetSeconds">How far a clock is off; negative is behind.</param>
/// <param name="How">One of a few words that the kind knows.</param>
internal sealed record DisturbanceOrder(
    double Seconds,
    double? Ratio = null,
    string? Route = null,
    double? DelayMs = null,
    string? Dependency = null,
    double? Rate = null,
    double? Limit = null,
    int? Threads = null,
    double? OffsetSeconds = null,
    string? How = null);

/// <summary>A disturbance and what it has done so far.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Id">The fault that it belongs to.</param>
/// <param name="EndsAt">When it ends by itself.</param>
/// <param name="Active">Whether it still stands.</param>
/// <param name="Seen">What fell under it.</param>
/// <param name="Struck">Of these, what it has disturbed.</param>
/// <param name="Figures">What else can be measured of it.</param>
internal sealed record DisturbanceCount(
    string Kind, string Id, DateTimeOffset EndsAt, bool Active, long Seen, long Struck, IReadOnlyDictionary<string, double> Figures)
{
    public static DisturbanceCount Of(Disturbance one, bool active) => new(one.Kind, one.Id, one.EndsAt, active, one.Seen, one.Struck, one.Figures);
}

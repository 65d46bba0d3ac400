using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Back2Code.Resilience;

/// <summary>Every kind of disturbance that a service knows, and what an order for it must hold.</summary>
internal sealed class DisturbanceKinds(ChaosSwitch chaos, SkewableTime time, ILoggerFactory loggers)
{
    // A drill that needs longer injects again; a forgotten one ends the same day.
    private const int LongestLeaseSeconds = 3600;

    private readonly ILogger _logger = loggers.CreateLogger("Back2Code.Resilience.Chaos");

    public static IReadOnlyList<string> Names { get; } =
    [
        "errors", "exceptions", "latency",
        DependencyDisturbance.Faults, DependencyDisturbance.Latency, DependencyDisturbance.Outcomes, DependencyDisturbance.Blocking,
        "memory-leak", "gc-pressure", "cpu", "thread-starvation", "lock-convoy", "log-flood", "hang-on-stop",
        "clock-skew", "metrics-gap", "readiness-lie", "slow-names",
    ];

    /// <summary>The disturbance that is asked for, not begun yet.</summary>
    /// <exception cref="FormatException">Something in the order is out of its range; the message names it.</exception>
    public Disturbance Create(string kind, string id, DisturbanceOrder order)
    {
        Between("seconds", order.Seconds, 1, LongestLeaseSeconds);
        var endsAt = chaos.Now + TimeSpan.FromSeconds(order.Seconds);
        return kind switch
        {
            "errors" => RequestDisturbance.Errors(id, endsAt, Route(order), Ratio(order)),
            "exceptions" => RequestDisturbance.Exceptions(id, endsAt, Route(order), Ratio(order)),
            "latency" => RequestDisturbance.Latency(id, endsAt, Route(order), Ratio(order), Delay(order, 60_000), time.True),
            DependencyDisturbance.Faults => Dependency(kind, id, endsAt, order, TimeSpan.Zero, OneOf(order, "io", "timeout", "bug")),
            DependencyDisturbance.Outcomes => Dependency(kind, id, endsAt, order, TimeSpan.Zero, OneOf(order, "io", "timeout")),
            DependencyDisturbance.Latency => Dependency(kind, id, endsAt, order, Delay(order, 60_000), ""),
            DependencyDisturbance.Blocking => Dependency(kind, id, endsAt, order, Delay(order, 5_000), ""),
            "memory-leak" => new MemoryLeak(id, endsAt, Between("rate", order.Rate, 0.1, 500), (int)Between("limit", order.Limit, 1, 2_048), time.True),
            "gc-pressure" => new GcPressure(id, endsAt, Between("rate", order.Rate, 1, 4_096), Delay(order, 5_000), time.True),
            "cpu" => new CpuBurn(id, endsAt, (int)Between("threads", order.Threads, 1, 64), Ratio(order)),
            "thread-starvation" => new ThreadStarvation(id, endsAt, (int)Between("threads", order.Threads, 1, 2_000), Delay(order, 1_000)),
            "lock-convoy" => new LockConvoy(id, endsAt, Delay(order, 1_000)),
            "log-flood" => new LogFlood(id, endsAt, Between("rate", order.Rate, 1, 50_000), _logger, time.True),
            "hang-on-stop" => new HangOnStop(id, endsAt),
            "clock-skew" => new ClockSkew(id, endsAt, time, Offset(order)),
            "metrics-gap" => new ProbeLie(kind, id, endsAt, "/metrics", OneOf(order, "nothing", "empty") == "empty" ? ProbeAnswer.Empty : ProbeAnswer.Nothing),
            "readiness-lie" => new ProbeLie(kind, id, endsAt, "/health/ready", OneOf(order, "ready", "unready") == "unready" ? ProbeAnswer.Unwell : ProbeAnswer.Well),
            "slow-names" => new SlowNames(id, endsAt, Delay(order, 30_000), Ratio(order)),
            _ => throw new FormatException($"There is no disturbance '{kind}'; there are {string.Join(", ", Names)}."),
        };
    }

    private static DependencyDisturbance Dependency(string kind, string id, DateTimeOffset endsAt, DisturbanceOrder order, TimeSpan delay, string how) =>
        new(kind, id, endsAt, order.Dependency is { Length: > 0 } name ? name : throw new FormatException("dependency is missing."), Ratio(order), delay, how);

    private static string Route(DisturbanceOrder order)
    {
        var route = order.Route ?? "/v1/";
        return route.StartsWith("/v1/", StringComparison.Ordinal) ? route : throw new FormatException("route must begin with /v1/.");
    }

    private static double Ratio(DisturbanceOrder order) => order.Ratio is null or (> 0 and <= 1) ? order.Ratio ?? 1 : throw new FormatException("ratio must be above 0 and at most 1.");

    private static TimeSpan Delay(DisturbanceOrder order, int most) => TimeSpan.FromMilliseconds(Between("delayMs", order.DelayMs, 1, most));

    private static TimeSpan Offset(DisturbanceOrder order)
    {
        // Past the end of 32-bit seconds in 2038, and back to before the first certificate.
        const double SixtyYears = 60 * 365.0 * 86_400;
        return TimeSpan.FromSeconds(Between("offsetSeconds", order.OffsetSeconds, -SixtyYears, SixtyYears));
    }

    private static double Between(string name, double? value, double least, double most) =>
        value >= least && value <= most ? value.Value : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{name} must lie between {least} and {most}."));

    private static string OneOf(DisturbanceOrder order, params string[] words) =>
        order.How is null ? words[0] : words.Contains(order.How) ? order.How : throw new FormatException($"how must be one of {string.Join(", ", words)}.");
}

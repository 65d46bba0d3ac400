using System.ComponentModel.DataAnnotations;

namespace Back2Code.Resilience;

/// <summary>How a <see cref="RateLimiter"/> asks for shared buckets, and what it keeps itself.</summary>
public sealed class RateLimiterOptions
{
    /// <summary>
    /// Time that a decision over shared buckets may take, 1 ms to 1 s; then this process decides by itself. Default 50 ms: many times a round trip, and little beside
    /// any request's own time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:01", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DecideWithin { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Failures in a row after which shared buckets are left alone, 1 to 100. Default 3.</summary>
    [Range(1, 100)]
    public int FailuresToOpen { get; set; } = 3;

    /// <summary>How long they are left alone, until one request tries them again, 100 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Callers that this process remembers while it decides by itself, 100 to 1,000,000. Default 10,000; who is new beyond that shares one bucket.</summary>
    [Range(100, 1_000_000)]
    public int MaxTrackedCallers { get; set; } = 10_000;
}

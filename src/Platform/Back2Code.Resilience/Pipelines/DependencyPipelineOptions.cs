using System.ComponentModel.DataAnnotations;

namespace Back2Code.Resilience;

/// <summary>
/// Limits on the calls to one dependency. From the outside in: total time-out, bulkhead, retry, circuit breaker, attempt time-out.
/// Checked when the host starts; every violation is reported at once.
/// </summary>
public sealed class DependencyPipelineOptions
{
    /// <summary>Upper bound of the whole call with its waiting and retries. 10 ms to 1 h, default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Upper bound of one attempt; at most <see cref="TotalTimeout"/>. 10 ms to 1 h, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Calls under way at once. 1 to 10,000, default 64.</summary>
    [Range(1, 10_000)]
    public int MaxConcurrency { get; set; } = 64;

    /// <summary>Calls that may wait for a place; the next one is shed at once. 0 to 100,000, default 128.</summary>
    [Range(0, 100_000)]
    public int MaxQueue { get; set; } = 128;

    /// <summary>How long a call waits for a place before it is shed; at most <see cref="TotalTimeout"/>. 1 ms to 1 h, default 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Further attempts after the first, for idempotent calls only and only while the total budget lasts. 0 to 10, default 2.</summary>
    [Range(0, 10)]
    public int MaxRetries { get; set; } = 2;

    /// <summary>Shortest wait before a retry. 1 ms to 1 min, default 25 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Longest wait before a retry; at least <see cref="RetryBaseDelay"/>. 1 ms to 10 min, default 400 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>Share of failed calls in the sampling window at which the circuit opens. 0.01 to 1, default 0.5.</summary>
    [Range(0.01, 1.0)]
    public double FailureRatio { get; set; } = 0.5;

    /// <summary>Calls in the sampling window below which the circuit never opens: few calls are no evidence. 2 to 10,000, default 8.</summary>
    [Range(2, 10_000)]
    public int MinimumThroughput { get; set; } = 8;

    /// <summary>Length of the sampling window. 500 ms to 10 min, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SamplingDuration { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time the circuit stays open before one trial call is let through. 500 ms to 1 h, default 1 s:
    /// the failure contract gives a pool 2 s to recover once the dependency is back.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether calls without an answer in time count towards opening the circuit. Default true. A breaker that counts only what a client throws stays closed on a
    /// dependency that merely does not answer, and every call waits: the drill <c>breaker-did-not-open</c> shows both.
    /// </summary>
    public bool TimeoutsOpenCircuit { get; set; } = true;

    /// <summary>
    /// Tells a failure of the dependency (true: counted by the breaker, retried, reported as <see cref="DependencyUnavailableException"/>)
    /// from an answer that merely says no (false: passed on as it is). Not asked about time-outs and the caller's own cancellation.
    /// Default: I/O, socket, HTTP connection and time-out exceptions, and database exceptions marked transient.
    /// </summary>
    [Required]
    public Func<Exception, bool> IsFailure { get; set; } = DependencyFailure.IsLikely;
}

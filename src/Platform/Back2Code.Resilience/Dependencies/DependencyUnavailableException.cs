namespace Back2Code.Resilience;

/// <summary>Why a call to a dependency was given up.</summary>
public enum DependencyUnavailableReason
{
    /// <summary>It was tried and failed, and no further attempt was allowed.</summary>
    Failed,

    /// <summary>No answer within the attempt's or the whole call's time-out. The dependency may still have acted on the request.</summary>
    TimedOut,

    /// <summary>The circuit breaker is open: the dependency was not asked.</summary>
    CircuitOpen,

    /// <summary>Too many calls were under way and the queue was full or too slow: the dependency was not asked.</summary>
    Shed,
}

/// <summary>
/// A dependency could not serve a call. Endpoints need not catch it: the service defaults answer 503 with Retry-After.
/// Catch it only where there is something better to give, such as a stale value.
/// </summary>
public sealed class DependencyUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="dependency">Name of the dependency, as in metrics.</param>
    /// <param name="reason">Why the call was given up.</param>
    /// <param name="retryAfter">When a new try makes sense; not negative.</param>
    /// <param name="innerException">What the dependency's client threw, if it was asked.</param>
    public DependencyUnavailableException(string dependency, DependencyUnavailableReason reason, TimeSpan retryAfter, Exception? innerException = null)
        : base($"{dependency} is unavailable ({Describe(reason)}); try again in {Math.Max(0, retryAfter.TotalSeconds):0.###} s.", innerException)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(dependency);
        Dependency = dependency;
        Reason = reason;
        RetryAfter = retryAfter < TimeSpan.Zero ? TimeSpan.Zero : retryAfter;
    }

    /// <summary>Name of the dependency, as in metrics ("postgres").</summary>
    public string Dependency { get; }

    /// <summary>Why the call was given up.</summary>
    public DependencyUnavailableReason Reason { get; }

    /// <summary>When a new try makes sense. For an open circuit, the rest of its break.</summary>
    public TimeSpan RetryAfter { get; }

    private static string Describe(DependencyUnavailableReason reason) => reason switch
    {
        DependencyUnavailableReason.TimedOut => "no answer in time",
        DependencyUnavailableReason.CircuitOpen => "circuit open",
        DependencyUnavailableReason.Shed => "too many calls under way",
        _ => "the call failed",
    };
}

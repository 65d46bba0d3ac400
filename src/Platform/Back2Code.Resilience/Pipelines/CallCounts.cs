namespace Back2Code.Resilience;

/// <summary>What happened to the calls of one pipeline since the process started. Thread-safe.</summary>
internal sealed class CallCounts
{
    private long shed;
    private long retries;
    private long attemptTimeouts;
    private long totalTimeouts;

    public long Shed => Volatile.Read(ref shed);

    public long Retries => Volatile.Read(ref retries);

    public long AttemptTimeouts => Volatile.Read(ref attemptTimeouts);

    public long TotalTimeouts => Volatile.Read(ref totalTimeouts);

    public void CountShed() => Interlocked.Increment(ref shed);

    public void CountRetry() => Interlocked.Increment(ref retries);

    public void CountAttemptTimeout() => Interlocked.Increment(ref attemptTimeouts);

    public void CountTotalTimeout() => Interlocked.Increment(ref totalTimeouts);
}

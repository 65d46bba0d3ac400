namespace Back2Code.Resilience;

/// <summary>What happened to the calls of one pipeline since the process started. Thread-safe.</summary>
internal sealed class CallCounts
{
    private long _shed;
    private long _retries;
    private long _attemptTimeouts;
    private long _totalTimeouts;

    public long Shed => Volatile.Read(ref _shed);

    public long Retries => Volatile.Read(ref _retries);

    public long AttemptTimeouts => Volatile.Read(ref _attemptTimeouts);

    public long TotalTimeouts => Volatile.Read(ref _totalTimeouts);

    public void CountShed() => Interlocked.Increment(ref _shed);

    public void CountRetry() => Interlocked.Increment(ref _retries);

    public void CountAttemptTimeout() => Interlocked.Increment(ref _attemptTimeouts);

    public void CountTotalTimeout() => Interlocked.Increment(ref _totalTimeouts);
}

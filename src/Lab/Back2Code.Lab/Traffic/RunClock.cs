namespace Back2Code.Lab.Traffic;

/// <summary>
/// Time within a run: nanoseconds since its start by the monotonic clock, and the wall clock's seconds they fall into. The wall clock is read once;
/// if it is set during a run, the run's seconds stay even.
/// </summary>
internal sealed class RunClock
{
    private readonly TimeProvider _time;
    private readonly long _startTimestamp;
    private readonly long _startUnixNs;

    public RunClock(TimeProvider time)
    {
        _time = time;
        _startTimestamp = time.GetTimestamp();
        StartedAt = time.GetUtcNow();
        _startUnixNs = (StartedAt - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
    }

    public DateTimeOffset StartedAt { get; }

    public long NowNs
    {
        get
        {
            long elapsed = _time.GetTimestamp() - _startTimestamp;
            return _time.TimestampFrequency == 1_000_000_000 ? elapsed : (long)(elapsed * (1e9 / _time.TimestampFrequency));
        }
    }

    /// <summary>The second of Unix time that an offset falls into.</summary>
    public long SecondOf(long offsetNs) => (_startUnixNs + offsetNs) / 1_000_000_000;

    /// <summary>Where a second of Unix time begins, as an offset; negative for the second in which the run starts.</summary>
    public long OffsetOfSecond(long second) => (second * 1_000_000_000) - _startUnixNs;

    public DateTimeOffset At(long offsetNs) => StartedAt + TimeSpan.FromTicks(offsetNs / TimeSpan.NanosecondsPerTick);
}

namespace Back2Code.Resilience;

/// <summary>
/// The clock of a service that can be put wrong while it runs: tokens, caches, retention, the times that it writes down. Durations and timers go on as they
/// should, as on a machine whose time of day is off. Thread-safe.
/// </summary>
internal sealed class SkewableTime(TimeProvider clock) : TimeProvider
{
    private long _offsetTicks;

    /// <summary>The clock as it should be.</summary>
    public TimeProvider True => clock;

    /// <summary>How far it is off; negative is behind.</summary>
    public TimeSpan Offset
    {
        get => TimeSpan.FromTicks(Interlocked.Read(ref _offsetTicks));
        set => Interlocked.Exchange(ref _offsetTicks, value.Ticks);
    }

    public override TimeZoneInfo LocalTimeZone => clock.LocalTimeZone;

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => clock.CreateTimer(callback, state, dueTime, period);
}

/// <summary><c>clock-skew</c>: the service's clock is off by some time.</summary>
internal sealed class ClockSkew(string id, DateTimeOffset endsAt, SkewableTime time, TimeSpan offset) : Disturbance("clock-skew", id, endsAt)
{
    public override IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>
    {
        // Both read, not repeated from the order.
        ["offsetSeconds"] = (time.GetUtcNow() - time.True.GetUtcNow()).TotalSeconds,
    };

    public override void Begin() => time.Offset = offset;

    public override void End() => time.Offset = TimeSpan.Zero;
}

namespace Back2Code.Monitoring;

/// <summary>
/// The time of day, never running backwards: what is recorded later must not look earlier. When the machine's clock is set back, this one goes on at half
/// speed until the other has caught up, so that durations stay of the right order and the two meet again. Thread-safe.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _latest = DateTimeOffset.MinValue;
    private long _read;

    /// <summary>UTC in whole microseconds.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                DateTimeOffset told = Times.ToMicroseconds(time.GetUtcNow());
                long read = time.GetTimestamp();
                _latest = told >= _latest ? told : Times.ToMicroseconds(_latest + (time.GetElapsedTime(_read, read) / 2));
                _read = read;
                return _latest;
            }
        }
    }

    /// <summary>
    /// Begins no earlier than a time recorded before this process started. A record that is more than an hour ahead was itself written by a wrong clock,
    /// and is not believed: going on from there at half speed would take years.
    /// </summary>
    public void NotBefore(DateTimeOffset recorded)
    {
        lock (_gate)
        {
            if (recorded > _latest && recorded - time.GetUtcNow() < TimeSpan.FromHours(1))
            {
                _latest = recorded;
                _read = time.GetTimestamp();
            }
        }
    }
}

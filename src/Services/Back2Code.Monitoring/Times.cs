namespace Back2Code.Monitoring;

internal static class Times
{
    /// <summary>UTC in whole microseconds, all that PostgreSQL keeps: a time must not change when it is stored, or pages would skip or repeat rows.</summary>
    public static DateTimeOffset ToMicroseconds(DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

namespace Back2Code.Identity;

internal static class StoredTime
{
    /// <summary>Now, in whole microseconds, which is what PostgreSQL keeps.</summary>
    public static DateTimeOffset GetStorableNow(this TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

namespace Back2Code.Notes;

internal static class StoredTime
{
    /// <summary>Now, as PostgreSQL can keep it: whole microseconds. Otherwise the answer to a write and to the next read would differ.</summary>
    public static DateTimeOffset GetStorableNow(this TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}

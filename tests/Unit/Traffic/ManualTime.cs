namespace Back2Code.UnitTests.Traffic;

/// <summary>A clock that moves only when told; starts at a quarter of a second past a full one, because runs do not start on the second.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _elapsedNs;

    public static DateTimeOffset Start { get; } = new(2026, 1, 2, 3, 4, 5, 250, TimeSpan.Zero);

    public override long TimestampFrequency => 1_000_000_000;

    public void AdvanceTo(long elapsedMs) => _elapsedNs = elapsedMs * 1_000_000;

    public override long GetTimestamp() => _elapsedNs;

    public override DateTimeOffset GetUtcNow() => Start + TimeSpan.FromTicks(_elapsedNs / 100);
}

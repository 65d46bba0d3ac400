using Back2Code.Notes;

namespace Back2Code.UnitTests.Notes;

public sealed class StoredTimeTests
{
    [Fact]
    public void Time_is_cut_to_what_PostgreSQL_keeps()
    {
        FixedTime time = new(new DateTimeOffset(2026, 11, 20, 1, 2, 3, TimeSpan.Zero).AddTicks(1_234_567));

        Assert.Equal("2026-11-20T01:02:03.1234560+00:00", time.GetStorableNow().ToString("O"));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}

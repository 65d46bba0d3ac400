using Back2Code.Data;
using Back2Code.Notes.Reading;

namespace Back2Code.UnitTests.Notes;

public sealed class CacheStatusTests
{
    [Theory]
    [InlineData(CacheSource.Loaded, 15_000, "back2code; fwd=miss")]
    [InlineData(CacheSource.Hit, 12_345, "back2code; hit; ttl=12")]
    [InlineData(CacheSource.Hit, 400, "back2code; hit; ttl=0")]
    [InlineData(CacheSource.Stale, -1, "back2code; hit; ttl=-1")]
    [InlineData(CacheSource.Stale, -90_000, "back2code; hit; ttl=-90")]
    public void It_says_where_the_answer_came_from(CacheSource source, int timeToLiveMs, string expected)
    {
        CacheResult<string> result = new("v", Found: true, Version: 1, source, TimeSpan.Zero, TimeSpan.FromMilliseconds(timeToLiveMs));

        Assert.Equal(expected, CacheStatus.From(result));
    }
}

using Back2Code.Data;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Data;

public sealed class BackoffTests
{
    [Fact]
    public void Pauses_double_up_to_the_maximum()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(500), static () => 1);

        double[] pauses = [.. Enumerable.Range(0, 5).Select(_ => backoff.Next().TotalMilliseconds)];

        Assert.Equal([100, 200, 400, 500, 500], pauses);
    }

    [Fact]
    public void A_success_begins_anew()
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), static () => 1);
        backoff.Next();
        backoff.Next();

        backoff.Reset();

        Assert.Equal(100, backoff.Next().TotalMilliseconds);
    }

    [Fact]
    public void A_pause_is_never_above_the_maximum_nor_below_half_the_minimum() =>
        Prop.ForAll((PositiveInt attempts, int seed) =>
        {
            var random = new Random(seed);
            var backoff = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1), random.NextDouble);
            return Enumerable.Range(0, Math.Min(attempts.Get, 100)).Select(_ => backoff.Next()).All(pause =>
                pause >= TimeSpan.FromMilliseconds(25) && pause <= TimeSpan.FromSeconds(1));
        }).QuickCheckThrowOnFailure();
}

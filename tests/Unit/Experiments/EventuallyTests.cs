using Back2Code.Chaos.Experiments;
using Back2Code.UnitTests.Drills;

namespace Back2Code.UnitTests.Experiments;

public sealed class EventuallyTests
{
    [Theory]
    [InlineData("1", 0, 0, true, 0, 1)]
    [InlineData("0001", 10, 0, true, 3, 4)]
    [InlineData("0000", 3, 0, false, 3, 4)]
    [InlineData("0111", 5, 2, true, 1, 4)]
    [InlineData("01011111", 5, 3, true, 3, 7)]
    [InlineData("0101010", 4, 2, false, 4, 5)]
    [InlineData("10", 0, 1, false, 1, 2)]
    public async Task It_must_become_true_in_time_and_then_hold(string looks, int within, int held, bool met, int elapsed, int count)
    {
        var time = new SimulatedTime();
        var i = 0;

        var waiting = Eventually.WaitAsync(
            new Patience(TimeSpan.FromSeconds(within), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(held)),
            time,
            _ => Task.FromResult(looks[Math.Min(i++, looks.Length - 1)] == '1'),
            TestContext.Current.CancellationToken);
        await time.PlayAsync(waiting);

        Assert.Equal(new EventuallyResult(met, TimeSpan.FromSeconds(elapsed), count), await waiting);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_told_to()
    {
        using var stop = new CancellationTokenSource();
        var waiting = Eventually.WaitAsync(new Patience(TimeSpan.FromHours(1), TimeSpan.FromSeconds(1), TimeSpan.Zero), new SimulatedTime(), _ => Task.FromResult(false), stop.Token);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}

using Back2Code.Identity;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Identity;

public sealed class TurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_often_delays_the_others_by_one()
    {
        var turns = new Turns(places: 1, mostWaiting: 100, mostWaitingEach: 50, _time);
        List<string> order = [];
        Assert.Equal(Turn.Taken, await turns.EnterAsync("attacker", Patience, Cancellation));
        var all = Enumerable.Repeat("attacker", 20).Concat(["ann", "bob"]).Select(asker => TakeTurnAsync(turns, asker, order)).ToList();

        turns.Leave();
        await Task.WhenAll(all);

        Assert.Equal(22, order.Count);
        Assert.Equal(["attacker", "ann", "bob", "attacker"], order.Take(4));
    }

    [Fact]
    public async Task As_many_are_under_way_as_there_are_places()
    {
        var turns = new Turns(places: 2, mostWaiting: 10, mostWaitingEach: 10, _time);

        Assert.Equal(Turn.Taken, await turns.EnterAsync("ann", Patience, Cancellation));
        Assert.Equal(Turn.Taken, await turns.EnterAsync("ann", Patience, Cancellation));
        var third = turns.EnterAsync("ann", Patience, Cancellation);
        Assert.False(third.IsCompleted);

        turns.Leave();
        Assert.Equal(Turn.Taken, await third);
    }

    [Fact]
    public async Task Who_has_too_many_waiting_is_refused_at_once_and_nobody_else()
    {
        var turns = new Turns(places: 1, mostWaiting: 3, mostWaitingEach: 2, _time);
        await turns.EnterAsync("x", Patience, Cancellation);
        _ = turns.EnterAsync("x", Patience, Cancellation);
        _ = turns.EnterAsync("x", Patience, Cancellation);

        Assert.Equal(Turn.TooManyOfTheirs, await turns.EnterAsync("x", Patience, Cancellation));
        var other = turns.EnterAsync("ann", Patience, Cancellation);
        Assert.False(other.IsCompleted);

        // And now it is full for everybody.
        Assert.Equal(Turn.TooMany, await turns.EnterAsync("bob", Patience, Cancellation));
    }

    [Fact]
    public async Task Who_waits_in_vain_with_others_of_their_own_is_told_that_it_is_they_who_ask_too_much()
    {
        var turns = new Turns(places: 1, mostWaiting: 10, mostWaitingEach: 5, _time);
        await turns.EnterAsync("ann", Patience, Cancellation);
        var first = turns.EnterAsync("x", Patience, Cancellation);
        var second = turns.EnterAsync("x", Patience, Cancellation);
        var alone = turns.EnterAsync("bob", Patience, Cancellation);

        _time.Advance(Patience);

        Assert.Equal([Turn.TooManyOfTheirs, Turn.TooManyOfTheirs, Turn.TooMany], await Task.WhenAll(first, second, alone));
    }

    [Fact]
    public async Task Who_has_waited_too_long_leaves_the_place_to_the_next()
    {
        var turns = new Turns(places: 1, mostWaiting: 10, mostWaitingEach: 10, _time);
        await turns.EnterAsync("x", Patience, Cancellation);
        var impatient = turns.EnterAsync("ann", Patience, Cancellation);
        _time.Advance(Patience / 2);
        var patient = turns.EnterAsync("bob", Patience, Cancellation);
        _time.Advance(Patience / 2);
        Assert.Equal(Turn.TooMany, await impatient);

        turns.Leave();
        Assert.Equal(Turn.Taken, await patient);

        turns.Leave();
        Assert.Equal(Turn.Taken, await turns.EnterAsync("carl", Patience, Cancellation));
    }

    [Fact]
    public async Task Who_gives_up_is_told_so_and_takes_no_place()
    {
        var turns = new Turns(places: 1, mostWaiting: 10, mostWaitingEach: 10, _time);
        await turns.EnterAsync("x", Patience, Cancellation);
        using var stop = new CancellationTokenSource();
        var waiting = turns.EnterAsync("ann", Patience, stop.Token);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        turns.Leave();
        Assert.Equal(Turn.Taken, await turns.EnterAsync("bob", Patience, Cancellation));
    }

    private static async Task TakeTurnAsync(Turns turns, string asker, List<string> order)
    {
        Assert.Equal(Turn.Taken, await turns.EnterAsync(asker, Timeout.InfiniteTimeSpan, Cancellation));
        lock (order)
        {
            order.Add(asker);
        }

        turns.Leave();
    }
}

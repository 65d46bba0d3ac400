using Back2Code.Identity;
using Back2Code.UnitTests.Resilience;

namespace Back2Code.UnitTests.Identity;

public sealed class KeyedGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_at_a_time_passes_for_each_key_in_the_order_of_their_coming()
    {
        var gate = new KeyedGate(mostWaitingEach: 5, _time);
        Assert.True(await gate.EnterAsync("a", Patience, Cancellation));
        var second = gate.EnterAsync("a", Patience, Cancellation);
        var third = gate.EnterAsync("a", Patience, Cancellation);

        Assert.True(await gate.EnterAsync("b", Patience, Cancellation));
        Assert.False(second.IsCompleted);

        gate.Leave("a");
        Assert.True(await second);
        Assert.False(third.IsCompleted);
        gate.Leave("a");
        Assert.True(await third);
    }

    [Fact]
    public async Task More_than_may_wait_are_refused_at_once()
    {
        var gate = new KeyedGate(mostWaitingEach: 1, _time);
        await gate.EnterAsync("a", Patience, Cancellation);
        _ = gate.EnterAsync("a", Patience, Cancellation);

        Assert.False(await gate.EnterAsync("a", Patience, Cancellation));
    }

    [Fact]
    public async Task Who_has_given_up_is_passed_over()
    {
        var gate = new KeyedGate(mostWaitingEach: 5, _time);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await gate.EnterAsync("a", Patience, Cancellation);
        var impatient = gate.EnterAsync("a", Patience, Cancellation);
        var gone = gate.EnterAsync("a", TimeSpan.FromHours(1), cancelled.Token);
        var patient = gate.EnterAsync("a", TimeSpan.FromHours(1), Cancellation);

        _time.Advance(Patience);
        await cancelled.CancelAsync();
        Assert.False(await impatient);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        gate.Leave("a");

        Assert.True(await patient);
    }

    [Fact]
    public async Task A_key_that_nobody_holds_is_free_again()
    {
        var gate = new KeyedGate(mostWaitingEach: 0, _time);
        await gate.EnterAsync("a", Patience, Cancellation);
        gate.Leave("a");

        Assert.True(await gate.EnterAsync("a", Patience, Cancellation));
    }
}

using Back2Code.Resilience;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Resilience;

public sealed class RetryTests
{
    [Fact]
    public async Task An_idempotent_call_is_retried_until_it_succeeds()
    {
        using var fixture = new PipelineFixture(o => (o.MaxRetries, o.MinimumThroughput, o.TotalTimeout) = (2, 100, TimeSpan.FromHours(1)));
        var attempts = 0;

        var call = fixture.Pipeline.ExecuteAsync(
            _ => ++attempts < 3 ? throw new IOException("reset") : ValueTask.FromResult(attempts), CancellationToken.None, idempotent: true).AsTask();
        await fixture.Time.RunAsync(call, TimeSpan.FromMilliseconds(10));

        Assert.Equal((3, 2), (await call, fixture.Read("back2code.retries")));
    }

    [Fact]
    public async Task A_call_that_is_not_idempotent_is_tried_once()
    {
        using var fixture = new PipelineFixture(o => (o.MaxRetries, o.MinimumThroughput) = (5, 100));
        var attempts = 0;

        var call = fixture.Pipeline.ExecuteAsync<int>(
            _ =>
            {
                attempts++;
                throw new IOException("reset");
            },
            CancellationToken.None).AsTask();

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => call);
        Assert.Equal((1, DependencyUnavailableReason.Failed), (attempts, exception.Reason));
        Assert.IsType<IOException>(exception.InnerException);
    }

    [Fact]
    public async Task No_retry_begins_that_the_budget_cannot_hold()
    {
        using var fixture = new PipelineFixture(o =>
        {
            (o.MaxRetries, o.MinimumThroughput) = (10, 100);
            (o.TotalTimeout, o.AttemptTimeout, o.QueueTimeout) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(195), TimeSpan.FromMilliseconds(100));
        });
        var attempts = 0;

        var call = fixture.Pipeline.ExecuteAsync(
            token =>
            {
                attempts++;
                return PipelineFixture.HangAsync(token);
            },
            CancellationToken.None,
            idempotent: true).AsTask();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(195));

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task An_open_circuit_is_not_retried()
    {
        using var fixture = new PipelineFixture(o => o.MaxRetries = 5);
        await fixture.OpenCircuitAsync();

        var call = fixture.Pipeline.ExecuteAsync(_ => ValueTask.FromResult(1), CancellationToken.None, idempotent: true).AsTask();

        // Completes although the clock stands still: there was no wait.
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Cancelling_while_waiting_for_a_retry_ends_the_call()
    {
        using var fixture = new PipelineFixture(o => (o.MaxRetries, o.MinimumThroughput) = (5, 100));
        using var caller = new CancellationTokenSource();

        var call = fixture.Pipeline.ExecuteAsync<int>(_ => throw new IOException("reset"), caller.Token, idempotent: true).AsTask();
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Jitter_stays_between_base_and_maximum_and_never_exceeds_three_times_the_last_wait() =>
        Prop.ForAll(
            (from previous in Gen.Choose(1, 100_000)
             from least in Gen.Choose(1, 1_000)
             from span in Gen.Choose(0, 100_000)
             from random in Gen.Choose(0, 999_999)
             select (previous, least, most: least + span, random: random / 1_000_000.0)).ToArbitrary(),
            x =>
            {
                var delay = Jitter.Next(Ms(x.previous), Ms(x.least), Ms(x.most), x.random);
                return delay >= Ms(x.least) && delay <= Ms(x.most) && delay <= Ms(Math.Max(x.least, x.previous * 3));
            }).QuickCheckThrowOnFailure();

    private static TimeSpan Ms(int value) => TimeSpan.FromMilliseconds(value);
}

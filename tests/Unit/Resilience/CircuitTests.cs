using Back2Code.Resilience;

namespace Back2Code.UnitTests.Resilience;

public sealed class CircuitTests
{
    [Fact]
    public async Task It_opens_after_enough_failures_and_then_fails_without_asking()
    {
        using var fixture = new PipelineFixture();
        await fixture.OpenCircuitAsync();
        var asked = false;

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => fixture.Pipeline.ExecuteAsync(
            _ =>
            {
                asked = true;
                return ValueTask.FromResult(1);
            },
            CancellationToken.None).AsTask());

        Assert.Equal((DependencyUnavailableReason.CircuitOpen, false), (exception.Reason, asked));
    }

    [Fact]
    public async Task Retry_after_is_the_rest_of_the_break()
    {
        using var fixture = new PipelineFixture(o => o.BreakDuration = TimeSpan.FromSeconds(5));
        await fixture.OpenCircuitAsync();

        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);

        Assert.Equal(TimeSpan.FromSeconds(3), exception.RetryAfter);
    }

    [Fact]
    public async Task Time_outs_count_as_failures()
    {
        using var fixture = new PipelineFixture(o => o.AttemptTimeout = TimeSpan.FromMilliseconds(100));

        for (var i = 0; i < 2; i++)
        {
            var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, CancellationToken.None).AsTask();
            fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(CircuitBreakerState.Open, fixture.Pipeline.State);
    }

    [Fact]
    public async Task The_total_time_out_counts_as_a_failure_too()
    {
        using var fixture = new PipelineFixture(o => (o.AttemptTimeout, o.TotalTimeout, o.QueueTimeout) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(50)));

        for (var i = 0; i < 2; i++)
        {
            var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, CancellationToken.None).AsTask();
            fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(CircuitBreakerState.Open, fixture.Pipeline.State);
    }

    [Fact]
    public async Task An_answer_that_says_no_is_passed_on_and_never_opens_it()
    {
        using var fixture = new PipelineFixture();

        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Pipeline.ExecuteAsync<int>(_ => throw new InvalidOperationException("duplicate key"), CancellationToken.None).AsTask());
        }

        Assert.Equal(CircuitBreakerState.Closed, fixture.Pipeline.State);
    }

    [Fact]
    public async Task After_the_break_one_trial_passes_and_the_others_fail_at_once()
    {
        using var fixture = new PipelineFixture();
        await fixture.OpenCircuitAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        var trial = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        var other = await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);
        var during = fixture.Pipeline.State;
        answer.SetResult(3);

        Assert.Equal(3, await trial);
        Assert.Equal((CircuitBreakerState.HalfOpen, DependencyUnavailableReason.CircuitOpen), (during, other.Reason));
        Assert.Equal(CircuitBreakerState.Closed, fixture.Pipeline.State);
    }

    [Fact]
    public async Task A_failed_trial_opens_it_for_another_break()
    {
        using var fixture = new PipelineFixture();
        await fixture.OpenCircuitAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));

        await fixture.FailAsync();
        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);

        Assert.Equal((CircuitBreakerState.Open, TimeSpan.FromSeconds(1)), (fixture.Pipeline.State, exception.RetryAfter));
    }

    [Fact]
    public async Task A_trial_that_its_caller_abandons_proves_nothing()
    {
        using var fixture = new PipelineFixture();
        await fixture.OpenCircuitAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        using var caller = new CancellationTokenSource();

        var trial = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, caller.Token).AsTask();
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trial.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(CircuitBreakerState.Open, fixture.Pipeline.State);
    }

    [Fact]
    public async Task Its_state_is_a_gauge_with_the_numbers_of_the_contract()
    {
        using var fixture = new PipelineFixture();
        var closed = fixture.Read("back2code.circuit.state");

        await fixture.OpenCircuitAsync();

        Assert.Equal((0, 2), (closed, fixture.Read("back2code.circuit.state")));
    }

    [Fact]
    public async Task It_closes_again_within_two_seconds_of_the_dependencys_return()
    {
        using var fixture = new PipelineFixture();
        await fixture.OpenCircuitAsync();

        fixture.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(7, await fixture.SucceedAsync());
        Assert.Equal(CircuitBreakerState.Closed, fixture.Pipeline.State);
    }
}

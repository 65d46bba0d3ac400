using Back2Code.Resilience;

namespace Back2Code.UnitTests.Resilience;

public sealed class TimeoutTests
{
    [Fact]
    public async Task An_attempt_that_does_not_answer_ends_as_timed_out()
    {
        using var fixture = new PipelineFixture(o => o.AttemptTimeout = TimeSpan.FromMilliseconds(300));

        var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, CancellationToken.None).AsTask();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(300));

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal((DependencyUnavailableReason.TimedOut, "db"), (exception.Reason, exception.Dependency));
    }

    [Fact]
    public async Task A_call_ends_on_time_although_its_operation_does_not_heed_the_token()
    {
        using var fixture = new PipelineFixture(o => o.AttemptTimeout = TimeSpan.FromMilliseconds(300));
        var answer = new TaskCompletionSource<int>();

        var call = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(300));

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(DependencyUnavailableReason.TimedOut, exception.Reason);
        answer.SetException(new IOException("too late to matter"));
    }

    [Fact]
    public async Task A_caller_that_leaves_does_not_wait_for_an_operation_that_does_not_heed_the_token()
    {
        using var fixture = new PipelineFixture();
        using var caller = new CancellationTokenSource();
        var answer = new TaskCompletionSource<int>();

        var call = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), caller.Token).AsTask();
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
        answer.SetResult(1);
    }

    [Fact]
    public async Task The_whole_call_never_outlives_its_total_budget()
    {
        using var fixture = new PipelineFixture(o =>
        {
            o.MaxRetries = 10;
            o.MinimumThroughput = 100;
            o.AttemptTimeout = TimeSpan.FromMilliseconds(700);
            o.TotalTimeout = TimeSpan.FromSeconds(2);
        });
        var start = fixture.Time.GetUtcNow();
        var cancelledAt = new List<TimeSpan>();

        var call = fixture.Pipeline.ExecuteAsync(
            async token =>
            {
                // Runs inside the clock's step, so the moment is exact however late the rest gets its turn.
                await using var registration = token.Register(() => cancelledAt.Add(fixture.Time.GetUtcNow() - start));
                return await PipelineFixture.HangAsync(token);
            },
            CancellationToken.None,
            idempotent: true).AsTask();
        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => fixture.Time.RunAsync(call, TimeSpan.FromMilliseconds(20)));

        Assert.Equal(DependencyUnavailableReason.TimedOut, exception.Reason);
        Assert.Equal(TimeSpan.FromMilliseconds(700), cancelledAt[0]);
        Assert.All(cancelledAt, at => Assert.InRange(at, TimeSpan.Zero, TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task The_callers_cancellation_is_no_failure_of_the_dependency()
    {
        using var fixture = new PipelineFixture();
        using var caller = new CancellationTokenSource();

        for (var i = 0; i < 5; i++)
        {
            using var each = new CancellationTokenSource();
            var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, each.Token).AsTask();
            await each.CancelAsync();
            var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(each.Token, exception.CancellationToken);
        }

        Assert.Equal(CircuitBreakerState.Closed, fixture.Pipeline.State);
    }

    [Fact]
    public async Task A_client_that_answers_cancellation_with_its_own_exception_still_ends_as_cancelled()
    {
        using var fixture = new PipelineFixture();
        using var caller = new CancellationTokenSource();

        var call = fixture.Pipeline.ExecuteAsync<int>(
            async token =>
            {
                await caller.CancelAsync();
                throw new IOException("connection aborted");
            },
            caller.Token).AsTask();

        var exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(caller.Token, exception.CancellationToken);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_time_out_inside_the_client()
    {
        using var fixture = new PipelineFixture();

        var exception = await fixture.FailAsync(new TaskCanceledException("HttpClient.Timeout", new TimeoutException()));

        Assert.Equal(DependencyUnavailableReason.TimedOut, exception.Reason);
    }

    [Fact]
    public async Task An_already_cancelled_caller_does_not_reach_the_dependency()
    {
        using var fixture = new PipelineFixture();
        var reached = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Pipeline.ExecuteAsync(
            _ =>
            {
                reached = true;
                return ValueTask.FromResult(1);
            },
            new CancellationToken(canceled: true)).AsTask());

        Assert.False(reached);
    }

    [Fact]
    public async Task Time_outs_are_counted_by_kind()
    {
        using var fixture = new PipelineFixture(o => o.AttemptTimeout = TimeSpan.FromMilliseconds(300));

        var call = fixture.Pipeline.ExecuteAsync(PipelineFixture.HangAsync, CancellationToken.None).AsTask();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.Equal(1, fixture.Read("back2code.timeouts"));
    }
}

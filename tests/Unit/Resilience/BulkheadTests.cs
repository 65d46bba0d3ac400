using Back2Code.Resilience;

namespace Back2Code.UnitTests.Resilience;

public sealed class BulkheadTests
{
    [Fact]
    public async Task A_call_beyond_places_and_queue_is_shed_at_once()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue) = (1, 1));
        var answer = new TaskCompletionSource<int>();
        var first = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        var queued = fixture.SucceedAsync();

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);

        Assert.Equal((DependencyUnavailableReason.Shed, 1), (exception.Reason, fixture.Read("back2code.bulkhead.shed")));
        Assert.Equal((1, 1), (fixture.Read("back2code.bulkhead.in_use"), fixture.Read("back2code.bulkhead.queued")));
        answer.SetResult(1);
        Assert.Equal((1, 7), (await first, await queued));
        Assert.Equal((0, 0), (fixture.Read("back2code.bulkhead.in_use"), fixture.Read("back2code.bulkhead.queued")));
    }

    [Fact]
    public async Task A_call_that_waits_too_long_for_a_place_is_shed()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue, o.QueueTimeout) = (1, 10, TimeSpan.FromMilliseconds(200)));
        var answer = new TaskCompletionSource<int>();
        var first = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();

        var queued = fixture.SucceedAsync();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(200));

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(() => queued.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(DependencyUnavailableReason.Shed, exception.Reason);
        answer.SetResult(1);
        await first;
    }

    [Fact]
    public async Task Shedding_does_not_open_the_circuit()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue) = (1, 0));
        var answer = new TaskCompletionSource<int>();
        var first = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();

        for (var i = 0; i < 10; i++)
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);
        }

        Assert.Equal(CircuitBreakerState.Closed, fixture.Pipeline.State);
        answer.SetResult(1);
        await first;
    }

    [Fact]
    public async Task A_caller_that_leaves_the_queue_is_cancelled_not_shed()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue) = (1, 1));
        var answer = new TaskCompletionSource<int>();
        var first = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        using var caller = new CancellationTokenSource();

        var queued = fixture.Pipeline.ExecuteAsync(_ => ValueTask.FromResult(1), caller.Token).AsTask();
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queued.WaitAsync(TimeSpan.FromSeconds(10)));
        answer.SetResult(1);
        await first;
    }

    [Fact]
    public async Task What_a_time_out_leaves_behind_keeps_its_place_until_it_ends()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue, o.AttemptTimeout) = (1, 0, TimeSpan.FromMilliseconds(300)));
        var answer = new TaskCompletionSource<int>();
        var late = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        fixture.Time.Advance(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => late.WaitAsync(TimeSpan.FromSeconds(10)));

        var exception = await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);
        Assert.Equal((DependencyUnavailableReason.Shed, 1), (exception.Reason, fixture.Read("back2code.bulkhead.in_use")));

        answer.SetResult(1);
        Assert.True(SpinWait.SpinUntil(() => fixture.Read("back2code.bulkhead.in_use") == 0, TimeSpan.FromSeconds(10)));
        Assert.Equal(7, await fixture.SucceedAsync());
    }

    [Fact]
    public async Task Every_attempt_left_behind_has_to_end_before_the_place_is_free()
    {
        using var fixture = new PipelineFixture(o =>
        {
            (o.MaxConcurrency, o.MaxQueue, o.MaxRetries, o.MinimumThroughput) = (1, 0, 1, 1_000);
            (o.AttemptTimeout, o.TotalTimeout) = (TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(2));
        });
        var answers = new List<TaskCompletionSource<int>>();
        var late = fixture.Pipeline.ExecuteAsync(
            _ =>
            {
                answers.Add(new TaskCompletionSource<int>());
                return new ValueTask<int>(answers[^1].Task);
            },
            CancellationToken.None,
            idempotent: true).AsTask();
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => fixture.Time.RunAsync(late, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(2, answers.Count);

        answers[1].SetResult(1);
        await Assert.ThrowsAsync<DependencyUnavailableException>(fixture.SucceedAsync);

        answers[0].SetResult(1);
        Assert.True(SpinWait.SpinUntil(() => fixture.Read("back2code.bulkhead.in_use") == 0, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task While_the_circuit_is_open_nobody_waits_for_a_place()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue) = (1, 10));
        var answer = new TaskCompletionSource<int>();
        await fixture.OpenCircuitAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var trial = fixture.Pipeline.ExecuteAsync(_ => new ValueTask<int>(answer.Task), CancellationToken.None).AsTask();
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => fixture.Time.RunAsync(trial, TimeSpan.FromMilliseconds(20)));
        Assert.Equal(1, fixture.Read("back2code.bulkhead.in_use"));

        var refused = fixture.SucceedAsync();

        Assert.True(refused.IsFaulted);
        Assert.Equal(DependencyUnavailableReason.CircuitOpen, Assert.IsType<DependencyUnavailableException>(refused.Exception!.InnerException).Reason);
        answer.SetResult(1);
    }

    [Fact]
    public async Task Places_are_given_back_whatever_the_outcome()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue, o.MinimumThroughput) = (1, 0, 1_000));

        for (var i = 0; i < 10; i++)
        {
            await fixture.FailAsync();
            await Assert.ThrowsAsync<InvalidOperationException>(() => fixture.Pipeline.ExecuteAsync<int>(_ => throw new InvalidOperationException(), CancellationToken.None).AsTask());
        }

        Assert.Equal(7, await fixture.SucceedAsync());
    }

    [Fact]
    public async Task No_more_calls_run_at_once_than_there_are_places()
    {
        using var fixture = new PipelineFixture(o => (o.MaxConcurrency, o.MaxQueue) = (4, 1_000));
        int running = 0, most = 0;

        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => fixture.Pipeline.ExecuteAsync(
            async token =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return 0;
            },
            CancellationToken.None).AsTask())));

        Assert.InRange(most, 1, 4);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}

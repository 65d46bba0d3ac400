using System.Threading.RateLimiting;
using Polly;

namespace Back2Code.Resilience;

/// <summary>
/// Bounds the calls under way and those waiting. Polly's own limiter lives in a package that is not in every feed,
/// and has no time-out for the queue.
/// </summary>
internal sealed class BulkheadStrategy(ConcurrencyLimiter limiter, TimeSpan queueTimeout, TimeProvider time) : ResilienceStrategy
{
    protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
    {
        var call = context.Properties.GetValue(CallState.Key, null!);
        var caller = call.CallerToken;
        var lease = await EnterAsync(caller, context.CancellationToken).ConfigureAwait(false);
        if (lease is null)
        {
            return caller.IsCancellationRequested
                ? Outcome.FromException<TResult>(new OperationCanceledException(caller))
                : Outcome.FromException<TResult>(new BulkheadFullException());
        }

        try
        {
            return await callback(context, state).ConfigureAwait(false);
        }
        finally
        {
            _ = LeaveAsync(lease, call.LeftBehind);
        }
    }

    /// <summary>Gives the place back when nothing of the call uses the dependency any more. How the attempts left behind end concerns nobody: their time was over.</summary>
    private static async Task LeaveAsync(RateLimitLease lease, Task leftBehind)
    {
        await leftBehind.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lease.Dispose();
    }

    /// <summary>A place, or null when there was none in time.</summary>
    private async ValueTask<RateLimitLease?> EnterAsync(CancellationToken caller, CancellationToken total)
    {
        var lease = limiter.AttemptAcquire();
        if (lease.IsAcquired)
        {
            return lease;
        }

        lease.Dispose();
        using var queue = new CancellationTokenSource(queueTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(queue.Token, total);
        try
        {
            lease = await limiter.AcquireAsync(1, either.Token).ConfigureAwait(false);
            if (lease.IsAcquired && !caller.IsCancellationRequested)
            {
                return lease;
            }

            lease.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (ObjectDisposedException)
        {
            // The process is stopping; a waiting call has no place to wait for any more.
            return null;
        }
    }
}

/// <summary>Options only because Polly names strategies by them.</summary>
internal sealed class BulkheadStrategyOptions : ResilienceStrategyOptions
{
    public BulkheadStrategyOptions() => Name = "Bulkhead";
}

/// <summary>Never leaves the pipeline: it becomes <see cref="DependencyUnavailableException"/>.</summary>
internal sealed class BulkheadFullException : Exception;

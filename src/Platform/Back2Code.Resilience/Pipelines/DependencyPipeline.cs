using System.Threading.RateLimiting;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Back2Code.Resilience;

/// <summary>
/// Calls one dependency within limits: total time-out → bulkhead → retry → circuit breaker → attempt time-out.
/// Get it from <see cref="DependencyPipelines"/>. Thread-safe.
/// </summary>
/// <remarks>
/// A time-out cancels the token given to the operation and ends the call at once, whether or not the operation heeds the token: clients of a
/// dependency that has stopped answering may take seconds to notice. What is left behind keeps the call's place in the bulkhead until it ends, so that
/// never more operations are under way than there are places, retries of a call apart.
/// </remarks>
public sealed partial class DependencyPipeline : IDisposable
{
    /// <summary>A retry needs at least this much of the budget after its wait, or it could only end in a time-out.</summary>
    private static readonly TimeSpan LeastUsefulAttempt = TimeSpan.FromMilliseconds(10);

    private readonly DependencyPipelineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<double> _random;
    private readonly CircuitBreakerStateProvider _circuit = new();
    private readonly ConcurrencyLimiter _limiter;
    private readonly ResiliencePipeline _pipeline;
    private long _brokenUntil;

    internal DependencyPipeline(string name, DependencyPipelineOptions options, TimeProvider time, ILogger logger, Func<double> random, DependencyChaos? chaos = null)
    {
        Name = name;
        this._options = options;
        this._time = time;
        this._logger = logger;
        this._random = random;
        _limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = options.MaxConcurrency,
            QueueLimit = options.MaxQueue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        _pipeline = Build(chaos);
    }

    /// <summary>Name of the dependency.</summary>
    public string Name { get; }

    /// <summary>State of the circuit at this moment.</summary>
    public CircuitBreakerState State => _circuit.CircuitState switch
    {
        CircuitState.Closed => CircuitBreakerState.Closed,
        CircuitState.HalfOpen => CircuitBreakerState.HalfOpen,
        _ => CircuitBreakerState.Open,
    };

    internal CallCounts Counts { get; } = new();

    internal int Limit => _options.MaxConcurrency;

    internal int InUse => _options.MaxConcurrency - (int)(_limiter.GetStatistics()?.CurrentAvailablePermits ?? 0);

    internal int Queued => (int)(_limiter.GetStatistics()?.CurrentQueuedCount ?? 0);

    /// <summary>Calls the dependency.</summary>
    /// <param name="operation">
    /// One attempt. It may run several times if <paramref name="idempotent"/>. It should heed its token, which is cancelled by time-outs and by the caller:
    /// the call ends then, and the operation may still be under way while it is tried again.
    /// </param>
    /// <param name="cancellationToken">The caller's cancellation; it ends the call with <see cref="OperationCanceledException"/> and is no failure of the dependency.</param>
    /// <param name="idempotent">Whether repeating the operation after an unknown outcome does no harm. Only then is it retried.</param>
    /// <exception cref="DependencyUnavailableException">The dependency failed, did not answer in time, its circuit is open, or the call was shed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken, bool idempotent = false)
    {
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();
        if (_circuit.CircuitState == CircuitState.Open && LeftOfBreak() is { Ticks: > 0 } left)
        {
            // Known without waiting for a place, which those that opened the circuit may still hold.
            throw Unavailable(DependencyUnavailableReason.CircuitOpen, left, null);
        }

        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        context.Properties.Set(CallState.Key, new CallState(idempotent, _time.GetTimestamp(), cancellationToken));
        try
        {
            return await _pipeline.ExecuteAsync(AttemptAsync, context, operation).ConfigureAwait(false);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever a cancelled operation throws (socket errors, protocol errors), the caller's wish is the cause.
            throw exception is OperationCanceledException
                ? new OperationCanceledException(exception.Message, exception, cancellationToken)
                : new OperationCanceledException($"The call to {Name} was cancelled by its caller.", exception, cancellationToken);
        }
        catch (BulkheadFullException)
        {
            Counts.CountShed();
            throw Unavailable(DependencyUnavailableReason.Shed, _options.BreakDuration, null);
        }
        catch (BrokenCircuitException broken)
        {
            throw Unavailable(DependencyUnavailableReason.CircuitOpen, RestOfBreak(), broken.InnerException);
        }
        catch (Exception exception) when (exception is TimeoutRejectedException or OperationCanceledException)
        {
            throw Unavailable(DependencyUnavailableReason.TimedOut, _options.BreakDuration, exception);
        }
        catch (Exception exception) when (exception is not DependencyUnavailableException && _options.IsFailure(exception))
        {
            throw Unavailable(DependencyUnavailableReason.Failed, _options.BreakDuration, exception);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Calls the dependency for its effect. See <see cref="ExecuteAsync{T}"/>.</summary>
    /// <param name="operation">One attempt.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    /// <param name="idempotent">Whether the operation may be repeated after an unknown outcome.</param>
    /// <exception cref="DependencyUnavailableException">The dependency failed, did not answer in time, its circuit is open, or the call was shed.</exception>
    public async ValueTask ExecuteAsync(Func<CancellationToken, ValueTask> operation, CancellationToken cancellationToken, bool idempotent = false) =>
        await ExecuteAsync(
            async token =>
            {
                await operation(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken,
            idempotent).ConfigureAwait(false);

    /// <summary>Ends the bulkhead; waiting calls are shed.</summary>
    public void Dispose() => _limiter.Dispose();

    private static async ValueTask<T> AttemptAsync<T>(ResilienceContext context, Func<CancellationToken, ValueTask<T>> operation)
    {
        var answer = operation(context.CancellationToken);
        if (answer.IsCompleted)
        {
            return await answer.ConfigureAwait(false);
        }

        var work = answer.AsTask();
        try
        {
            return await work.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!work.IsCompleted)
        {
            Call(context).LeaveBehind(work);
            throw;
        }
    }

    private ResiliencePipeline Build(DependencyChaos? chaos)
    {
        var builder = new ResiliencePipelineBuilder { Name = Name, TimeProvider = _time };
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            Timeout = _options.TotalTimeout,
            OnTimeout = _ =>
            {
                Counts.CountTotalTimeout();
                return default;
            },
        });
        builder.AddStrategy(_ => new BulkheadStrategy(_limiter, _options.QueueTimeout, _time), new BulkheadStrategyOptions());
        if (_options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = _options.MaxRetries,
                ShouldHandle = args => new(MayRetry(args.Context, args.Outcome.Exception)),
                DelayGenerator = args => new(Call(args.Context).RetryDelay),
                OnRetry = _ =>
                {
                    Counts.CountRetry();
                    return default;
                },
            });
        }

        builder.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = _options.FailureRatio,
            MinimumThroughput = _options.MinimumThroughput,
            SamplingDuration = _options.SamplingDuration,
            BreakDuration = _options.BreakDuration,
            StateProvider = _circuit,
            ShouldHandle = args => new(CountsAgainstCircuit(args.Context, args.Outcome.Exception)),
            OnOpened = args =>
            {
                Volatile.Write(ref _brokenUntil, _time.GetTimestamp() + (long)(args.BreakDuration.TotalSeconds * _time.TimestampFrequency));
                Log.CircuitOpened(_logger, Name, args.BreakDuration.TotalMilliseconds, args.Outcome.Exception?.Message);
                return default;
            },
            OnHalfOpened = _ =>
            {
                Log.CircuitHalfOpened(_logger, Name);
                return default;
            },
            OnClosed = _ =>
            {
                Log.CircuitClosed(_logger, Name);
                return default;
            },
        });
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            Timeout = _options.AttemptTimeout,
            OnTimeout = _ =>
            {
                Counts.CountAttemptTimeout();
                return default;
            },
        });

        // Last, where the dependency itself is: everything above meets what it does as the dependency's own trouble.
        chaos?.AddTo(builder, Name, _time);
        return builder.Build();
    }

    private bool MayRetry(ResilienceContext context, Exception? exception)
    {
        var call = Call(context);
        if (!call.Idempotent || exception is null || call.CallerToken.IsCancellationRequested
            || !(exception is TimeoutRejectedException || IsDependencyFailure(exception)))
        {
            return false;
        }

        var previous = call.RetryDelay == TimeSpan.Zero ? _options.RetryBaseDelay : call.RetryDelay;
        var delay = Jitter.Next(previous, _options.RetryBaseDelay, _options.RetryMaxDelay, _random());
        if (_options.TotalTimeout - _time.GetElapsedTime(call.StartedAt) < delay + LeastUsefulAttempt)
        {
            return false;
        }

        call.RetryDelay = delay;
        return true;
    }

    private bool CountsAgainstCircuit(ResilienceContext context, Exception? exception)
    {
        if (exception is null)
        {
            return false;
        }

        if (Call(context).CallerToken.IsCancellationRequested)
        {
            // Polly closes a half-open circuit on any outcome that is not a failure. A trial that its caller abandoned
            // proves nothing, so the circuit must stay open.
            return _circuit.CircuitState == CircuitState.HalfOpen;
        }

        // A cancellation that is not the caller's is a time-out: ours, or one inside the dependency's client.
        return exception is TimeoutRejectedException or OperationCanceledException ? _options.TimeoutsOpenCircuit : IsDependencyFailure(exception);
    }

    private bool IsDependencyFailure(Exception exception) =>
        exception is not BrokenCircuitException and not BulkheadFullException
        && (exception is OperationCanceledException || _options.IsFailure(exception));

    private TimeSpan RestOfBreak()
    {
        var left = LeftOfBreak();
        // While a trial is under way the break is over and the outcome unknown: one more break is a fair guess.
        return left > TimeSpan.Zero ? left : _options.BreakDuration;
    }

    private TimeSpan LeftOfBreak() => _time.GetElapsedTime(_time.GetTimestamp(), Volatile.Read(ref _brokenUntil));

    private DependencyUnavailableException Unavailable(DependencyUnavailableReason reason, TimeSpan retryAfter, Exception? cause) =>
        new(Name, reason, retryAfter, cause);

    private static CallState Call(ResilienceContext context) => context.Properties.GetValue(CallState.Key, null!);

    private static partial class Log
    {
        [LoggerMessage(2101, LogLevel.Warning, "Circuit {Dependency} opened for {BreakMs} ms; the last failure: {Failure}", EventName = "CircuitOpened")]
        public static partial void CircuitOpened(ILogger logger, string dependency, double breakMs, string? failure);

        [LoggerMessage(2102, LogLevel.Information, "Circuit {Dependency} lets one trial call through", EventName = "CircuitHalfOpened")]
        public static partial void CircuitHalfOpened(ILogger logger, string dependency);

        [LoggerMessage(2103, LogLevel.Information, "Circuit {Dependency} closed: calls pass again", EventName = "CircuitClosed")]
        public static partial void CircuitClosed(ILogger logger, string dependency);
    }
}

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
/// Time-outs are cooperative: they cancel the token given to the operation, which must end soon after. The caller waits for it,
/// because an operation left behind would use a place of the bulkhead that nobody counts.
/// </remarks>
public sealed partial class DependencyPipeline : IDisposable
{
    /// <summary>A retry needs at least this much of the budget after its wait, or it could only end in a time-out.</summary>
    private static readonly TimeSpan LeastUsefulAttempt = TimeSpan.FromMilliseconds(10);

    private readonly DependencyPipelineOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Func<double> random;
    private readonly CircuitBreakerStateProvider circuit = new();
    private readonly ConcurrencyLimiter limiter;
    private readonly ResiliencePipeline pipeline;
    private long brokenUntil;

    internal DependencyPipeline(string name, DependencyPipelineOptions options, TimeProvider time, ILogger logger, Func<double> random)
    {
        Name = name;
        this.options = options;
        this.time = time;
        this.logger = logger;
        this.random = random;
        limiter = new ConcurrencyLimiter(new ConcurrencyLimiterOptions
        {
            PermitLimit = options.MaxConcurrency,
            QueueLimit = options.MaxQueue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        pipeline = Build();
    }

    /// <summary>Name of the dependency.</summary>
    public string Name { get; }

    /// <summary>State of the circuit at this moment.</summary>
    public CircuitBreakerState State => circuit.CircuitState switch
    {
        CircuitState.Closed => CircuitBreakerState.Closed,
        CircuitState.HalfOpen => CircuitBreakerState.HalfOpen,
        _ => CircuitBreakerState.Open,
    };

    internal CallCounts Counts { get; } = new();

    internal int Limit => options.MaxConcurrency;

    internal int InUse => options.MaxConcurrency - (int)(limiter.GetStatistics()?.CurrentAvailablePermits ?? 0);

    internal int Queued => (int)(limiter.GetStatistics()?.CurrentQueuedCount ?? 0);

    /// <summary>Calls the dependency.</summary>
    /// <param name="operation">One attempt. It may run several times if <paramref name="idempotent"/>; it must heed its token, which is cancelled by time-outs and by the caller.</param>
    /// <param name="cancellationToken">The caller's cancellation; it ends the call with <see cref="OperationCanceledException"/> and is no failure of the dependency.</param>
    /// <param name="idempotent">Whether repeating the operation after an unknown outcome does no harm. Only then is it retried.</param>
    /// <exception cref="DependencyUnavailableException">The dependency failed, did not answer in time, its circuit is open, or the call was shed.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async ValueTask<T> ExecuteAsync<T>(Func<CancellationToken, ValueTask<T>> operation, CancellationToken cancellationToken, bool idempotent = false)
    {
        ArgumentNullException.ThrowIfNull(operation);
        cancellationToken.ThrowIfCancellationRequested();

        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: false, cancellationToken);
        context.Properties.Set(CallState.Key, new CallState(idempotent, time.GetTimestamp(), cancellationToken));
        try
        {
            return await pipeline.ExecuteAsync(static (context, operation) => operation(context.CancellationToken), context, operation).ConfigureAwait(false);
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
            throw Unavailable(DependencyUnavailableReason.Shed, options.BreakDuration, null);
        }
        catch (BrokenCircuitException broken)
        {
            throw Unavailable(DependencyUnavailableReason.CircuitOpen, RestOfBreak(), broken.InnerException);
        }
        catch (Exception exception) when (exception is TimeoutRejectedException or OperationCanceledException)
        {
            throw Unavailable(DependencyUnavailableReason.TimedOut, options.BreakDuration, exception);
        }
        catch (Exception exception) when (exception is not DependencyUnavailableException && options.IsFailure(exception))
        {
            throw Unavailable(DependencyUnavailableReason.Failed, options.BreakDuration, exception);
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
    public void Dispose() => limiter.Dispose();

    private ResiliencePipeline Build()
    {
        var builder = new ResiliencePipelineBuilder { Name = Name, TimeProvider = time };
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            Timeout = options.TotalTimeout,
            OnTimeout = _ =>
            {
                Counts.CountTotalTimeout();
                return default;
            },
        });
        builder.AddStrategy(_ => new BulkheadStrategy(limiter, options.QueueTimeout, time), new BulkheadStrategyOptions());
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
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
            FailureRatio = options.FailureRatio,
            MinimumThroughput = options.MinimumThroughput,
            SamplingDuration = options.SamplingDuration,
            BreakDuration = options.BreakDuration,
            StateProvider = circuit,
            ShouldHandle = args => new(CountsAgainstCircuit(args.Context, args.Outcome.Exception)),
            OnOpened = args =>
            {
                Volatile.Write(ref brokenUntil, time.GetTimestamp() + (long)(args.BreakDuration.TotalSeconds * time.TimestampFrequency));
                Log.CircuitOpened(logger, Name, args.BreakDuration.TotalMilliseconds, args.Outcome.Exception?.Message);
                return default;
            },
            OnHalfOpened = _ =>
            {
                Log.CircuitHalfOpened(logger, Name);
                return default;
            },
            OnClosed = _ =>
            {
                Log.CircuitClosed(logger, Name);
                return default;
            },
        });
        builder.AddTimeout(new TimeoutStrategyOptions
        {
            Timeout = options.AttemptTimeout,
            OnTimeout = _ =>
            {
                Counts.CountAttemptTimeout();
                return default;
            },
        });
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

        var previous = call.RetryDelay == TimeSpan.Zero ? options.RetryBaseDelay : call.RetryDelay;
        var delay = Jitter.Next(previous, options.RetryBaseDelay, options.RetryMaxDelay, random());
        if (options.TotalTimeout - time.GetElapsedTime(call.StartedAt) < delay + LeastUsefulAttempt)
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
            return circuit.CircuitState == CircuitState.HalfOpen;
        }

        // A cancellation that is not the caller's is a time-out: ours, or one inside the dependency's client.
        return exception is TimeoutRejectedException or OperationCanceledException || IsDependencyFailure(exception);
    }

    private bool IsDependencyFailure(Exception exception) =>
        exception is not BrokenCircuitException and not BulkheadFullException
        && (exception is OperationCanceledException || options.IsFailure(exception));

    private TimeSpan RestOfBreak()
    {
        var left = time.GetElapsedTime(time.GetTimestamp(), Volatile.Read(ref brokenUntil));
        // While a trial is under way the break is over and the outcome unknown: one more break is a fair guess.
        return left > TimeSpan.Zero ? left : options.BreakDuration;
    }

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

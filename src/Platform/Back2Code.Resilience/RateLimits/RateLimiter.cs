using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Back2Code.Resilience;

/// <summary>
/// Decides over requests by token buckets: those that all replicas share while they can be asked, else this process's own, which start full. A decision takes
/// <see cref="RateLimiterOptions.DecideWithin"/> at most, and after a few failures in a row no time at all. Never fails. Thread-safe.
/// </summary>
public sealed partial class RateLimiter
{
    private readonly RateLimiterOptions _options;
    private readonly ISharedBuckets? _shared;
    private readonly ProcessBuckets _own;
    private readonly TimeProvider _time;
    private readonly ILogger<RateLimiter> _logger;
    private readonly RateLimitMetrics _metrics;
    private int _failures;
    private long _leftAloneSince;

    /// <summary>Creates a limiter.</summary>
    /// <param name="options">Limits of its own effort; valid.</param>
    /// <param name="shared">The buckets of all replicas; null when there are none, and each process counts for itself.</param>
    /// <param name="time">The clock of this process's own buckets.</param>
    /// <param name="meters">Where decisions are counted.</param>
    /// <param name="logger">Hears when shared buckets are left and taken up again.</param>
    public RateLimiter(RateLimiterOptions options, ISharedBuckets? shared, TimeProvider time, IMeterFactory meters, ILogger<RateLimiter> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _shared, _time, _logger) = (options, shared, time, logger);
        _own = new ProcessBuckets(options.MaxTrackedCallers, time);
        _metrics = new RateLimitMetrics(meters);
    }

    /// <summary>Takes one token from each bucket, or none.</summary>
    public async ValueTask<RateDecision> TakeAsync(IReadOnlyList<BucketDraw> draws)
    {
        ArgumentNullException.ThrowIfNull(draws);
        if (_shared is null)
        {
            return Decide(draws, _own.Take(draws), shared: false);
        }

        if (!MayAsk())
        {
            _metrics.Fallback("open");
            return Decide(draws, _own.Take(draws), shared: false);
        }

        // Not the request's own token: a client that leaves must not look like a Redis that fails.
        using var limit = new CancellationTokenSource(_options.DecideWithin, _time);
        try
        {
            var answer = await _shared.TakeAsync(draws, limit.Token).ConfigureAwait(false);
            Succeeded();
            return Decide(draws, answer, shared: true);
        }
        catch (OperationCanceledException)
        {
            Failed("timeout", $"no decision within DecideWithin ({_options.DecideWithin.TotalMilliseconds} ms)");
        }
        catch (Exception e)
        {
            // Whatever it is, a request is not refused for it: a full memory, a missing right, a connection that is gone.
            Failed(e is DependencyUnavailableException ? "unavailable" : "error", e.Message);
        }

        return Decide(draws, _own.Take(draws), shared: false);
    }

    private RateDecision Decide(IReadOnlyList<BucketDraw> draws, BucketAnswer answer, bool shared)
    {
        _metrics.Decision(answer.Allowed, shared);
        var levels = new BucketLevel[draws.Count];
        for (int i = 0; i < levels.Length; i++)
        {
            double untilFull = answer.MicrosecondsUntilFull[i];
            var limit = draws[i].Limit;
            levels[i] = new BucketLevel(TokenBucket.Tokens(untilFull, limit), TokenBucket.UntilToken(untilFull, limit), TimeSpan.FromMicroseconds(untilFull));
        }

        return new RateDecision(answer.Allowed, levels);
    }

    private bool MayAsk()
    {
        if (Volatile.Read(ref _failures) < _options.FailuresToOpen)
        {
            return true;
        }

        // One request tries: the one that begins the next break.
        long since = Volatile.Read(ref _leftAloneSince);
        return _time.GetElapsedTime(since) >= _options.BreakDuration
            && Interlocked.CompareExchange(ref _leftAloneSince, _time.GetTimestamp(), since) == since;
    }

    private void Succeeded()
    {
        if (Volatile.Read(ref _failures) != 0 && Interlocked.Exchange(ref _failures, 0) >= _options.FailuresToOpen)
        {
            Log.Shared(_logger);
        }
    }

    private void Failed(string kind, string reason)
    {
        _metrics.Fallback(kind);
        Volatile.Write(ref _leftAloneSince, _time.GetTimestamp());
        if (Interlocked.Increment(ref _failures) == _options.FailuresToOpen)
        {
            Log.ByItself(_logger, _options.FailuresToOpen, reason);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2411, LogLevel.Warning, "Rate limits are kept by this process alone: {Failures} decisions in a row failed, the last because {Reason}", EventName = "RateLimitsPerProcess")]
        public static partial void ByItself(ILogger logger, int failures, string reason);

        [LoggerMessage(2412, LogLevel.Information, "Rate limits are shared by all replicas again", EventName = "RateLimitsShared")]
        public static partial void Shared(ILogger logger);
    }
}

/// <summary>What a <see cref="RateLimiter"/> decided.</summary>
/// <param name="Allowed">Whether the request may go on.</param>
/// <param name="Levels">The buckets afterwards, in the order of the draws.</param>
public readonly record struct RateDecision(bool Allowed, IReadOnlyList<BucketLevel> Levels);

/// <summary>How a bucket stands.</summary>
/// <param name="Tokens">Requests that it still allows at once.</param>
/// <param name="UntilToken">Time until it allows one; zero when it does.</param>
/// <param name="UntilFull">Time until it is full again, if nothing more is taken.</param>
public readonly record struct BucketLevel(int Tokens, TimeSpan UntilToken, TimeSpan UntilFull);

using Back2Code.Resilience;
using Microsoft.Extensions.Logging;

namespace Back2Code.Authentication;

/// <summary>
/// Keys from the issuer's address, kept for as long as the issuer cannot be reached: tokens must validate while identity is down.
/// One fetch at a time; refreshed in the background by age, and at once (with a least interval) when a token names an unknown key.
/// A process that starts while the issuer is away takes the keys that <see cref="LastKnownKeys"/> has kept, and goes on asking.
/// </summary>
internal sealed partial class RemoteKeys(HttpClient http, BearerTokenOptions options, TimeProvider time, ILogger<RemoteKeys> logger) : IVerificationKeys, IDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly LastKnownKeys? _lastKnown = string.IsNullOrEmpty(options.JwksCachePath) ? null : new(options.JwksCachePath, options.JwksCacheMaximumAge, time, logger);
    private volatile KeySet? _keys;

    /// <summary>What <see cref="_keys"/> were read from: the same text gives the same instance, because a new one makes every token be validated anew.</summary>
    private byte[] _document = [];
    private Task? _fetch;
    private long _fetchedAt;
    private long _triedAt;
    private bool _tried;
    private volatile bool _fetched;
    private int _failures;

    public async ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken)
    {
        if (_keys is { } known)
        {
            if (!_fetched || time.GetElapsedTime(Volatile.Read(ref _fetchedAt)) >= options.JwksRefreshInterval)
            {
                // Nobody waits: the keys at hand are still good. FetchAsync logs its own failure.
                _ = StartFetch();
            }

            return known;
        }

        await StartFetch().WaitAsync(cancellationToken).ConfigureAwait(false);
        return _keys ?? throw new DependencyUnavailableException("signing-keys", DependencyUnavailableReason.Failed, options.JwksMinimumInterval);
    }

    public async ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(_keys, known))
        {
            await StartFetch().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return _keys ?? known;
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _disposed.Dispose();
        http.Dispose();
    }

    /// <summary>The fetch under way, or a new one, or a completed task when it is too early for one. Never faults.</summary>
    private Task StartFetch()
    {
        lock (_gate)
        {
            if (_fetch is { IsCompleted: false })
            {
                return _fetch;
            }

            var wait = TimeSpan.FromTicks(Math.Min(LongestInterval.Ticks, options.JwksMinimumInterval.Ticks << Math.Min(_failures, 16)));
            if (_tried && time.GetElapsedTime(_triedAt) < wait)
            {
                return Task.CompletedTask;
            }

            _tried = true;
            _triedAt = time.GetTimestamp();
            return _fetch = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        // The caller holds the lock; go on outside of it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var timeout = new CancellationTokenSource(options.JwksTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _disposed.Token);
            var body = await http.GetByteArrayAsync(options.JwksUri, either.Token).ConfigureAwait(false);
            var set = _keys is { } same && body.AsSpan().SequenceEqual(_document) ? same : KeySet.Parse(body);
            Volatile.Write(ref _fetchedAt, time.GetTimestamp());
            _document = body;
            _keys = set;
            _fetched = true;
            Volatile.Write(ref _failures, 0);
            Log.KeysFetched(logger, set.Count, options.JwksUri);
            _lastKnown?.Keep(body);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or InvalidDataException or IOException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _failures);
            if (!_disposed.IsCancellationRequested)
            {
                Log.KeysNotFetched(logger, options.JwksUri, exception.Message);

                // Only now: while the issuer answers, its word counts and no file's.
                _keys ??= _lastKnown?.TryRead();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2303, LogLevel.Information, "Fetched {Count} verification keys from {Uri}", EventName = "KeysFetched")]
        public static partial void KeysFetched(ILogger logger, int count, Uri? uri);

        [LoggerMessage(2304, LogLevel.Warning, "Verification keys could not be fetched from {Uri}: {Reason}; keys known before stay in force", EventName = "KeysNotFetched")]
        public static partial void KeysNotFetched(ILogger logger, Uri? uri, string reason);
    }
}

using Back2Code.Resilience;
using Microsoft.Extensions.Logging;

namespace Back2Code.Authentication;

/// <summary>
/// Keys from the issuer's address, kept for as long as the issuer cannot be reached: tokens must validate while identity is down.
/// One fetch at a time; refreshed in the background by age, and at once (with a least interval) when a token names an unknown key.
/// </summary>
internal sealed partial class RemoteKeys(HttpClient http, BearerTokenOptions options, TimeProvider time, ILogger<RemoteKeys> logger) : IVerificationKeys, IDisposable
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource disposed = new();
    private volatile KeySet? keys;
    private Task? fetch;
    private long fetchedAt;
    private long triedAt;
    private bool tried;
    private int failures;

    public async ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken)
    {
        if (keys is { } known)
        {
            if (time.GetElapsedTime(Volatile.Read(ref fetchedAt)) >= options.JwksRefreshInterval)
            {
                // Nobody waits: the keys at hand are still good. FetchAsync logs its own failure.
                _ = StartFetch();
            }

            return known;
        }

        await StartFetch().WaitAsync(cancellationToken).ConfigureAwait(false);
        return keys ?? throw new DependencyUnavailableException("signing-keys", DependencyUnavailableReason.Failed, options.JwksMinimumInterval);
    }

    public async ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(keys, known))
        {
            await StartFetch().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return keys ?? known;
    }

    public void Dispose()
    {
        disposed.Cancel();
        disposed.Dispose();
        http.Dispose();
    }

    /// <summary>The fetch under way, or a new one, or a completed task when it is too early for one. Never faults.</summary>
    private Task StartFetch()
    {
        lock (gate)
        {
            if (fetch is { IsCompleted: false })
            {
                return fetch;
            }

            var wait = TimeSpan.FromTicks(Math.Min(LongestInterval.Ticks, options.JwksMinimumInterval.Ticks << Math.Min(failures, 16)));
            if (tried && time.GetElapsedTime(triedAt) < wait)
            {
                return Task.CompletedTask;
            }

            tried = true;
            triedAt = time.GetTimestamp();
            return fetch = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        // The caller holds the lock; go on outside of it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var timeout = new CancellationTokenSource(options.JwksTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, disposed.Token);
            var body = await http.GetByteArrayAsync(options.JwksUri, either.Token).ConfigureAwait(false);
            var set = KeySet.Parse(body);
            Volatile.Write(ref fetchedAt, time.GetTimestamp());
            keys = set;
            Volatile.Write(ref failures, 0);
            Log.KeysFetched(logger, set.Count, options.JwksUri);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or InvalidDataException or IOException or ObjectDisposedException)
        {
            Interlocked.Increment(ref failures);
            if (!disposed.IsCancellationRequested)
            {
                Log.KeysNotFetched(logger, options.JwksUri, exception.Message);
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

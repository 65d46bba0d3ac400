using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Back2Code.Resilience;
using Microsoft.Extensions.Logging;

namespace Back2Code.Data;

/// <summary>
/// A cache in Redis, filled from a source whose values carry a growing version. Thread-safe. It promises:
/// <list type="bullet">
/// <item>A value never replaces a newer one, however late a load ends; a removed key accepts no value of its time or before.</item>
/// <item>Concurrent loads of one key in this process are one load, also while Redis is away.</item>
/// <item>When the source is unavailable, an entry that is past its freshness is served and says so.</item>
/// <item>No trouble with Redis fails a caller. A write that Redis did not hear of is made up for before this process reads the
/// cache again; other processes may serve the older value until it is no longer fresh.</item>
/// </list>
/// </summary>
public sealed partial class VersionedCache : IDisposable
{
    /// <summary>Writes sent at once when invalidations are made up for: far below the client's limit, so that others get through.</summary>
    private const int FlushBatch = 256;

    /// <summary>
    /// A Redis that answers and takes no write (its memory is full) would otherwise be offered all that is pending by every reader, one after the other.
    /// Meanwhile readers load, as they do while Redis is away.
    /// </summary>
    private static readonly TimeSpan FlushPause = TimeSpan.FromMilliseconds(250);

    private readonly string _prefix;
    private readonly string _epochKey;
    private readonly RedisClient _redis;
    private readonly VersionedCacheOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly ILogger<VersionedCache> _logger;
    private readonly CacheMetrics _metrics;
    private readonly PendingInvalidations _pending;
    private readonly SemaphoreSlim _flushing = new(1, 1);
    private long _flushedInVainAt = long.MinValue;
    private readonly ConcurrentDictionary<(string Key, Type Type), Lazy<Task>> _loads = new();

    internal VersionedCache(
        string name, RedisClient redis, VersionedCacheOptions options, TimeProvider time, IMeterFactory meters, ILogger<VersionedCache> logger, Func<double>? random = null)
    {
        _prefix = $"cache:{name}:entry:";
        _epochKey = $"cache:{name}:epoch";
        _redis = redis;
        _options = options;
        _time = time;
        _random = random ?? (static () => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30));
        _logger = logger;
        _pending = new PendingInvalidations(options.MaxPendingInvalidations);
        _metrics = new CacheMetrics(meters, name, () => _pending.Count);
    }

    /// <summary>Answers from the cache, or loads, fills and answers.</summary>
    /// <param name="key">Identifies the value within this cache.</param>
    /// <param name="load">
    /// Asks the source. Null means that the source knows no such key, for anyone. Its token is cancelled after
    /// <see cref="VersionedCacheOptions.LoadTimeout"/>, not by a caller, because others may wait for the same load.
    /// </param>
    /// <param name="cancellationToken">Ends this caller's wait.</param>
    /// <exception cref="DependencyUnavailableException">The source is unavailable and nothing is cached.</exception>
    public async ValueTask<CacheResult<T>> GetOrLoadAsync<T>(string key, Func<CancellationToken, ValueTask<Versioned<T>?>> load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(load);
        var (_, entry) = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
        if (entry.IsFresh && ToResult<T>(entry, CacheSource.Hit) is { } hit)
        {
            _metrics.Request("hit");
            return hit;
        }

        // Only the Lazy that entered the dictionary is ever started, so one load runs for each key.
        var loading = _loads.GetOrAdd((key, typeof(T)), static (id, arguments) => arguments.Cache.NewLoad(id, arguments.Load), (Cache: this, Load: load));
        return await ((Task<CacheResult<T>>)loading.Value).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stores a value just written to the source: call it after the commit and before the acknowledgement. Never fails; what Redis
    /// could not be told is remembered.
    /// </summary>
    /// <param name="key">Identifies the value within this cache.</param>
    /// <param name="value">The value as written.</param>
    /// <param name="version">Its version, zero or greater.</param>
    /// <param name="cancellationToken">Not heeded: the write has happened, and the cache must learn of it even if its caller is gone.</param>
    public async ValueTask SetAsync<T>(string key, T value, long version, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ForgetLoads(key);
        byte[] data = JsonSerializer.SerializeToUtf8Bytes(value, TypeInfo<T>());
        await WriteAsync(key, new PendingInvalidation(version, Removed: false), "v", data).ConfigureAwait(false);
    }

    /// <summary>Leaves a tombstone after a removal from the source. Never fails, like <see cref="SetAsync"/>.</summary>
    /// <param name="key">Identifies the value within this cache.</param>
    /// <param name="version">The version of the removal; values of it or before are rejected while the tombstone stands.</param>
    /// <param name="cancellationToken">Not heeded, as in <see cref="SetAsync"/>.</param>
    public async ValueTask RemoveAsync(string key, long version, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        ForgetLoads(key);
        await WriteAsync(key, new PendingInvalidation(version, Removed: true), "t", []).ConfigureAwait(false);
    }

    /// <summary>
    /// Leaves tombstones for what is about to be erased from the source, and completes only when Redis has them all: whoever promises that something is gone
    /// must not count on a cache to forget it in time. Call it before the commit; if that fails, readers miss what is still there until the tombstones end.
    /// </summary>
    /// <param name="removals">Keys, and for each a version above that of every value it had. As many as one answer may take: a few thousand.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DependencyUnavailableException">Redis has not confirmed all of them.</exception>
    public async Task EraseAsync(IReadOnlyCollection<(string Key, long Version)> removals, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(removals);
        foreach (var batch in removals.Chunk(FlushBatch))
        {
            var outcomes = await Task.WhenAll(batch.Select(async removal =>
            {
                ForgetLoads(removal.Key);
                return await PutAsync(removal.Key, "t", removal.Version, "", [], cancellationToken).ConfigureAwait(false) is not null;
            })).ConfigureAwait(false);
            if (!outcomes.All(static told => told))
            {
                throw new DependencyUnavailableException("redis", DependencyUnavailableReason.Failed, FlushPause);
            }
        }
    }

    /// <summary>Ends the cache; to be called when nobody reads it any more.</summary>
    public void Dispose() => _flushing.Dispose();

    private Lazy<Task> NewLoad<T>((string Key, Type Type) id, Func<CancellationToken, ValueTask<Versioned<T>?>> load)
    {
        Lazy<Task>? self = null;
        self = new Lazy<Task>(() => Task.Run(async () =>
        {
            try
            {
                return await LoadAsync(id.Key, load).ConfigureAwait(false);
            }
            finally
            {
                // Only itself: a write may have made room for a newer load.
                _loads.TryRemove(KeyValuePair.Create(id, self!));
            }
        }));
        return self;
    }

    private async Task<CacheResult<T>> LoadAsync<T>(string key, Func<CancellationToken, ValueTask<Versioned<T>?>> load)
    {
        // Again, because a load that ended between this caller's read and now has filled the cache.
        var (epoch, entry) = await ReadAsync(key, CancellationToken.None).ConfigureAwait(false);
        if (entry.IsFresh && ToResult<T>(entry, CacheSource.Hit) is { } hit)
        {
            _metrics.Request("hit");
            return hit;
        }

        using var limit = new CancellationTokenSource(_options.LoadTimeout, _time);
        Versioned<T>? loaded;
        try
        {
            loaded = await load(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DependencyUnavailableException || (e is OperationCanceledException && limit.IsCancellationRequested))
        {
            if (ToResult<T>(entry, CacheSource.Stale) is { } stale)
            {
                _metrics.Request("stale");
                return stale;
            }

            _metrics.Request("failed");
            if (e is OperationCanceledException)
            {
                throw new DependencyUnavailableException("cache-source", DependencyUnavailableReason.TimedOut, TimeSpan.FromSeconds(1), e);
            }

            throw;
        }

        _metrics.Request("loaded");
        if (loaded is { } value)
        {
            return await FillAsync(key, epoch, value).ConfigureAwait(false);
        }

        if (entry.Kind == CacheEntryKind.Value && epoch is not null)
        {
            // The entry existed before the load began, and the source no longer knows it: it must not be served stale later.
            await PutAsync(key, "t", entry.Version, epoch, [], CancellationToken.None).ConfigureAwait(false);
        }

        return new CacheResult<T>(default, Found: false, 0, CacheSource.Loaded, TimeSpan.Zero, TimeSpan.Zero);
    }

    /// <summary>Stores what was loaded, unless Redis knows better: then that is the answer.</summary>
    private async Task<CacheResult<T>> FillAsync<T>(string key, string? epoch, Versioned<T> loaded)
    {
        var answer = new CacheResult<T>(loaded.Value, Found: true, loaded.Version, CacheSource.Loaded, TimeSpan.Zero, TimeSpan.Zero);

        // Without the epoch of the first read a fill could land after an invalidation that it must not survive.
        if (epoch is null || await PutAsync(key, "v", loaded.Version, epoch, JsonSerializer.SerializeToUtf8Bytes(loaded.Value, TypeInfo<T>()), CancellationToken.None).ConfigureAwait(false) is not { } outcome)
        {
            return answer;
        }

        // A write of another replica overtook the load: its acknowledgement may be out, so the older value must not be.
        return outcome.Entry.IsFresh && ToResult<T>(outcome.Entry, CacheSource.Hit) is { } newer ? newer : answer with { TimeToLive = outcome.FreshFor };
    }

    private async ValueTask<(string? Epoch, CacheEntry Entry)> ReadAsync(string key, CancellationToken cancellationToken)
    {
        if (_pending.Any && !await TryFlushAsync(cancellationToken).ConfigureAwait(false))
        {
            return default;
        }

        try
        {
            var reply = await _redis.EvaluateAsync(CacheScripts.Read, [_prefix + key, _epochKey], [NewEpoch()], cancellationToken).ConfigureAwait(false);
            string? epoch = reply.Items[0].AsString();
            return (epoch, CacheEntry.Parse(reply.Items, 1, epoch));
        }
        catch (Exception e) when (IsRedisTrouble(e))
        {
            Log.ReadFailed(_logger, e.Message);
            return default;
        }
    }

    private async Task WriteAsync(string key, PendingInvalidation write, string kind, byte[] data)
    {
        if (await PutAsync(key, kind, write.Version, "", data, CancellationToken.None).ConfigureAwait(false) is null)
        {
            _pending.Add(key, write);
            _metrics.Deferred();
        }
    }

    /// <returns>Null when Redis could not be asked, or its answer was lost.</returns>
    private async ValueTask<PutOutcome?> PutAsync(string key, string kind, long version, string epoch, byte[] data, CancellationToken cancellationToken)
    {
        long freshMs = Math.Max(1, (long)(_options.FreshFor.TotalMilliseconds * (1 + (_options.Jitter * ((2 * _random()) - 1)))));
        long lifeMs = kind == "v" ? freshMs + (long)_options.StaleFor.TotalMilliseconds : (long)_options.TombstoneFor.TotalMilliseconds;
        if (kind != "v")
        {
            // A tombstone is true as long as it stands; an invalidation never answers a read.
            freshMs = lifeMs;
        }

        try
        {
            var reply = await _redis.EvaluateAsync(
                CacheScripts.Put, [_prefix + key, _epochKey], [version.ToString(CultureInfo.InvariantCulture), kind, epoch, freshMs, lifeMs, data, NewEpoch()], cancellationToken).ConfigureAwait(false);
            return new PutOutcome(CacheEntry.Parse(reply.Items, 1, epoch: null), TimeSpan.FromMilliseconds(freshMs));
        }
        catch (Exception e) when (IsRedisTrouble(e))
        {
            Log.WriteFailed(_logger, e.Message);
            return null;
        }
    }

    /// <summary>Tells Redis all that it missed. One caller does it; the others wait for the outcome.</summary>
    private async ValueTask<bool> TryFlushAsync(CancellationToken cancellationToken)
    {
        if (!_redis.IsConnected || HasJustFlushedInVain())
        {
            return false;
        }

        await _flushing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (_pending.Any)
            {
                // Whoever waited for a flush that failed need not do the same again.
                if (HasJustFlushedInVain() || !await FlushOnceAsync().ConfigureAwait(false))
                {
                    return false;
                }
            }

            return true;
        }
        finally
        {
            _flushing.Release();
        }
    }

    private bool HasJustFlushedInVain() =>
        Volatile.Read(ref _flushedInVainAt) is not long.MinValue and var at && _time.GetElapsedTime(at) < FlushPause;

    private async Task<bool> FlushOnceAsync()
    {
        bool told = await TellAsync().ConfigureAwait(false);
        Volatile.Write(ref _flushedInVainAt, told ? long.MinValue : _time.GetTimestamp());
        return told;
    }

    private async Task<bool> TellAsync()
    {
        var (overflowed, writes) = _pending.Snapshot();
        if (overflowed)
        {
            _pending.ForgetOverflow();
            try
            {
                await _redis.SetAsync(_epochKey, NewEpoch(), expiry: null, CancellationToken.None).ConfigureAwait(false);
                Log.EpochChanged(_logger, _options.MaxPendingInvalidations);
                return true;
            }
            catch (Exception e) when (IsRedisTrouble(e))
            {
                _pending.Overflow();
                return false;
            }
        }

        foreach (var batch in writes.Chunk(FlushBatch))
        {
            var outcomes = await Task.WhenAll(batch.Select(async write =>
                await PutAsync(write.Key, write.Value.Removed ? "t" : "i", write.Value.Version, "", [], CancellationToken.None).ConfigureAwait(false) is not null)).ConfigureAwait(false);
            if (!outcomes.All(static told => told))
            {
                return false;
            }

            _pending.Forget(batch);
        }

        return true;
    }

    /// <summary>Who reads after a write in this process must not join a load that began before it.</summary>
    private void ForgetLoads(string key)
    {
        foreach (var id in _loads.Keys)
        {
            if (id.Key == key)
            {
                _loads.TryRemove(id, out _);
            }
        }
    }

    private CacheResult<T>? ToResult<T>(CacheEntry entry, CacheSource source)
    {
        if (entry.Kind == CacheEntryKind.Tombstone)
        {
            return new CacheResult<T>(default, Found: false, entry.Version, source, entry.Age, entry.FreshFor - entry.Age);
        }

        if (entry.Kind != CacheEntryKind.Value)
        {
            return null;
        }

        try
        {
            var value = JsonSerializer.Deserialize(entry.Data.Span, TypeInfo<T>());
            return new CacheResult<T>(value, Found: true, entry.Version, source, entry.Age, entry.FreshFor - entry.Age);
        }
        catch (JsonException e)
        {
            // Written by another release with another shape of the value: as good as not there.
            Log.Unreadable(_logger, e.Message);
            return null;
        }
    }

    private JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)_options.SerializerOptions.GetTypeInfo(typeof(T));

    private static string NewEpoch() => RandomNumberGenerator.GetHexString(16, lowercase: true);

    private static bool IsRedisTrouble(Exception exception) => exception is DependencyUnavailableException or RedisErrorException;

    /// <param name="Entry">What stands in the way, if the value was not stored.</param>
    /// <param name="FreshFor">How long the value is fresh, if it was stored.</param>
    private readonly record struct PutOutcome(CacheEntry Entry, TimeSpan FreshFor);

    private static partial class Log
    {
        [LoggerMessage(3301, LogLevel.Debug, "Cache read skipped: {Reason}", EventName = "CacheReadFailed")]
        public static partial void ReadFailed(ILogger logger, string reason);

        [LoggerMessage(3302, LogLevel.Debug, "Cache write deferred: {Reason}", EventName = "CacheWriteFailed")]
        public static partial void WriteFailed(ILogger logger, string reason);

        [LoggerMessage(3303, LogLevel.Warning, "More than {Limit} writes were missed by Redis: the whole cache is invalidated", EventName = "CacheEpochChanged")]
        public static partial void EpochChanged(ILogger logger, int limit);

        [LoggerMessage(3304, LogLevel.Warning, "A cached value cannot be read and is loaded anew: {Reason}", EventName = "CacheEntryUnreadable")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}

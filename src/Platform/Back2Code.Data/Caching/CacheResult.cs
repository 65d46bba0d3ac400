namespace Back2Code.Data;

/// <summary>A value and the version that its source gave it; versions of a key only grow.</summary>
/// <param name="Value">The value as loaded.</param>
/// <param name="Version">Zero or greater; a higher one is newer.</param>
public readonly record struct Versioned<T>(T Value, long Version);

/// <summary>Where a <see cref="CacheResult{T}"/> comes from.</summary>
public enum CacheSource
{
    /// <summary>From the cache, within its freshness.</summary>
    Hit,

    /// <summary>From its source, just now.</summary>
    Loaded,

    /// <summary>From the cache, past its freshness, because its source was unavailable.</summary>
    Stale,
}

/// <summary>What a <see cref="VersionedCache"/> answered.</summary>
/// <param name="Value">The value, or the default of its type when <paramref name="Found"/> is false.</param>
/// <param name="Found">False when the source knows no such key.</param>
/// <param name="Version">The version of the value; zero when not found.</param>
/// <param name="Source">Where the value comes from.</param>
/// <param name="Age">Time since the value was loaded or written; zero for <see cref="CacheSource.Loaded"/>.</param>
/// <param name="TimeToLive">Freshness left; negative when stale, as the <c>ttl</c> of RFC 9211.</param>
public readonly record struct CacheResult<T>(T? Value, bool Found, long Version, CacheSource Source, TimeSpan Age, TimeSpan TimeToLive);

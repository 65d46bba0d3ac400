namespace Back2Code.Data;

/// <summary>A cache in Redis whose entries carry versions. Signatures first; the body follows.</summary>
public sealed class VersionedCache
{
    /// <summary>Answers from the cache, or loads, fills and answers.</summary>
    public ValueTask<CacheResult<T>> GetOrLoadAsync<T>(string key, Func<CancellationToken, ValueTask<Versioned<T>?>> load, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Stores a value just written to the source.</summary>
    public ValueTask SetAsync<T>(string key, T value, long version, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Leaves a tombstone that rejects values older than or of this version.</summary>
    public ValueTask RemoveAsync(string key, long version, CancellationToken cancellationToken) => throw new NotImplementedException();
}

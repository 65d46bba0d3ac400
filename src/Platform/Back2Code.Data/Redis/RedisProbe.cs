using Back2Code.Resilience;

namespace Back2Code.Data;

/// <summary>
/// Asks Redis over the connection that the service uses for what the service needs: a write. A Redis that is full, or keeps writes back, answers every PING
/// and is of no use to a cache.
/// </summary>
internal sealed class RedisProbe(RedisClient client) : IDependencyProbe
{
    private const string Key = "back2code:probe";

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    public string Name => "redis";

    public ValueTask CheckAsync(CancellationToken cancellationToken) => client.SetAsync(Key, "1", Life, cancellationToken);
}

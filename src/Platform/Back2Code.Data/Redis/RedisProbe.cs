using Back2Code.Resilience;

namespace Back2Code.Data;

/// <summary>Asks Redis over the connection that the service uses: what the service cannot reach is down for it.</summary>
internal sealed class RedisProbe(RedisClient client) : IDependencyProbe
{
    public string Name => "redis";

    public ValueTask CheckAsync(CancellationToken cancellationToken) => client.PingAsync(cancellationToken);
}

using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Back2Code.Data;

/// <summary>Registers PostgreSQL, Redis and caches with a host. None of them need be up when the host starts.</summary>
public static class DataHostApplicationBuilderExtensions
{
    /// <summary>
    /// PostgreSQL: an <see cref="NpgsqlDataSource"/> for requests, a second one for background work (keyed
    /// <see cref="PostgresPools.Background"/>), migrations at start (a part of the <see cref="StartupGate"/>), the dependency pipeline
    /// <c>postgres</c> with as many places as the pool has connections, and the probe <c>postgres</c>.
    /// </summary>
    /// <param name="builder">The host; <c>ConnectionStrings:Postgres</c> and <c>Service:Instance</c> are read from its configuration.</param>
    /// <param name="configure">Schema, migrations, and departures from the defaults.</param>
    public static IHostApplicationBuilder AddPostgres(this IHostApplicationBuilder builder, Action<PostgresOptions>? configure = null)
    {
        PostgresRegistration.Add(builder, configure);
        return builder;
    }

    /// <summary>Redis: a <see cref="RedisClient"/> that connects in the background, the probe <c>redis</c>, and token buckets that replicas share.</summary>
    /// <param name="builder">The host; <c>ConnectionStrings:Redis</c> is read from its configuration.</param>
    /// <param name="configure">Departures from the defaults.</param>
    public static IHostApplicationBuilder AddRedis(this IHostApplicationBuilder builder, Action<RedisOptions>? configure = null)
    {
        RedisRegistration.Add(builder, configure);
        return builder;
    }

    /// <summary>A <see cref="VersionedCache"/> over the <see cref="RedisClient"/>: by its name as a keyed service, the first one also without.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="name">Short and unique: it begins the keys in Redis and labels the metrics.</param>
    /// <param name="configure">Departures from the defaults.</param>
    public static IHostApplicationBuilder AddVersionedCache(this IHostApplicationBuilder builder, string name, Action<VersionedCacheOptions>? configure = null)
    {
        CacheRegistration.Add(builder, name, configure);
        return builder;
    }
}

using Microsoft.Extensions.Hosting;

namespace Back2Code.Data;

/// <summary>Registers PostgreSQL, Redis and caches with a host.</summary>
public static class DataHostApplicationBuilderExtensions
{
    /// <summary>PostgreSQL.</summary>
    public static IHostApplicationBuilder AddPostgres(this IHostApplicationBuilder builder, Action<PostgresOptions>? configure = null) => throw new NotImplementedException();

    /// <summary>Redis.</summary>
    public static IHostApplicationBuilder AddRedis(this IHostApplicationBuilder builder, Action<RedisOptions>? configure = null) => throw new NotImplementedException();

    /// <summary>A cache.</summary>
    public static IHostApplicationBuilder AddVersionedCache(this IHostApplicationBuilder builder, string name, Action<VersionedCacheOptions>? configure = null) => throw new NotImplementedException();
}

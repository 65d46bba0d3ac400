using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.Data;

internal static class CacheRegistration
{
    public static void Add(IHostApplicationBuilder builder, string name, Action<VersionedCacheOptions>? configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var services = builder.Services;
        var options = services.AddOptions<VersionedCacheOptions>(name)
            .ValidateDataAnnotations()
            .Validate(static o => o.TombstoneFor > o.LoadTimeout, $"Cache {name}: TombstoneFor must exceed LoadTimeout, or a late load could bring a removed value back.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddKeyedSingleton(name, static (provider, key) => new VersionedCache(
            (string)key!,
            provider.GetRequiredService<RedisClient>(),
            provider.GetRequiredService<IOptionsMonitor<VersionedCacheOptions>>().Get((string)key),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<VersionedCache>>()));

        // A service with one cache, the usual case, need not name it.
        services.TryAddSingleton(provider => provider.GetRequiredKeyedService<VersionedCache>(name));
    }
}

using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Back2Code.Secrets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.Data;

internal static class RedisRegistration
{
    public static void Add(IHostApplicationBuilder builder, Action<RedisOptions>? configure)
    {
        var services = builder.Services;
        services.AddOptions<RedisOptions>()
            .Configure(options =>
            {
                options.ConnectionString = builder.Configuration.GetConnectionString("Redis");
                configure?.Invoke(options);
            })
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<RedisOptions>>().Value;
            return new RedisClient(
                options,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<IMeterFactory>(),
                provider.GetRequiredService<ILogger<RedisClient>>(),
                new RotatingConnectionString("Redis", options.ConnectionString!, provider.GetRequiredService<IConfiguration>()).ForNewConnection,
                provider.GetService<ClientChaos>());
        });
        services.AddSingleton<IDependencyProbe, RedisProbe>();

        // With it, the rate limits of the service defaults hold for all replicas together.
        services.TryAddSingleton<ISharedBuckets>(static provider => new RedisBuckets(provider.GetRequiredService<RedisClient>()));

        // Makes the client at start, so that it is connected before the first request.
        services.AddHostedService(static provider => new StartWithHost(provider.GetRequiredService<RedisClient>()));
    }

    private sealed class StartWithHost(RedisClient client) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            // Asking for the client has started it; whether it is connected is not waited for.
            _ = client.IsConnected;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Data;

internal static class PostgresRegistration
{
    public static void Add(IHostApplicationBuilder builder, Action<PostgresOptions>? configure)
    {
        var services = builder.Services;
        string application = builder.Configuration["Service:Instance"] ?? builder.Environment.ApplicationName;
        services.AddOptions<PostgresOptions>()
            .Configure(options =>
            {
                options.ConnectionString = builder.Configuration.GetConnectionString("Postgres");
                configure?.Invoke(options);
            })
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupGate>();

        services.AddSingleton(provider => DataSource(provider, application, static options => (options.MaxPoolSize, options.CommandTimeout)));
        services.AddKeyedSingleton(PostgresPools.Background, (provider, _) => DataSource(provider, application + " (background)", static options => (options.MaxBackgroundPoolSize, options.BackgroundCommandTimeout)));

        services.AddSingleton(static provider => new PostgresMigrator(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background),
            provider.GetRequiredService<IOptions<PostgresOptions>>().Value,
            provider.GetRequiredService<StartupGate>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<PostgresMigrator>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<PostgresMigrator>());

        services.AddSingleton<IDependencyProbe>(provider => new PostgresProbe(
            DataSource(provider, application + " (probe)", static _ => (1, TimeSpan.FromSeconds(1))),
            [provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background)]));

        services.AddSingleton(static provider => new Database(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<DependencyPipelines>().Get("postgres")));
        services.AddDependencyPipeline("postgres");
        services.AddOptions<DependencyPipelineOptions>("postgres").Configure<IOptions<PostgresOptions>>(static (pipeline, postgres) =>
        {
            pipeline.IsFailure = PostgresFailure.IsLikely;

            // As many calls as connections: what would wait for a connection waits in the bulkhead, where it is shed in time.
            pipeline.MaxConcurrency = postgres.Value.MaxPoolSize;
            pipeline.MaxQueue = postgres.Value.MaxPoolSize * 8;
            pipeline.QueueTimeout = TimeSpan.FromMilliseconds(300);

            // While the circuit is open, its trial call is the one that waits: it too is refused in under a second.
            pipeline.AttemptTimeout = TimeSpan.FromMilliseconds(800);

            // The failure contract promises an answer within 2 s. It is the client who counts, so the rest is for everything around the call.
            pipeline.TotalTimeout = TimeSpan.FromMilliseconds(1700);

            // Short, so that what went well just before a server stopped answering does not keep the circuit closed for seconds.
            pipeline.SamplingDuration = TimeSpan.FromSeconds(2);
        });
    }

    private static NpgsqlDataSource DataSource(IServiceProvider provider, string application, Func<PostgresOptions, (int PoolSize, TimeSpan CommandTimeout)> limits)
    {
        var options = provider.GetRequiredService<IOptions<PostgresOptions>>().Value;
        var (poolSize, commandTimeout) = limits(options);
        ReserveThreads(options);
        var connectionString = PostgresConnectionString.Build(options, application, poolSize, commandTimeout);
        var password = new PostgresPassword(options, provider.GetRequiredService<IConfiguration>());
        connectionString.Password = null;
        var builder = new NpgsqlDataSourceBuilder(connectionString.ConnectionString);
        if (password.Current is not null)
        {
            // Asked for each new connection: those that are open stay so when the password changes.
            builder.UsePasswordProvider(_ => password.ForNewSession()!, (_, _) => ValueTask.FromResult(password.ForNewSession()!));
        }

        return builder.Build();
    }

    /// <summary>
    /// When the server stops answering, each command under way blocks a thread while its cancel request times out (see
    /// <see cref="PostgresConnectionString"/>). The thread pool adds about one thread a second beyond its minimum: without a higher
    /// one, requests that need no database would stand still meanwhile.
    /// </summary>
    private static void ReserveThreads(PostgresOptions options)
    {
        ThreadPool.GetMinThreads(out int workers, out int completionPorts);
        int wanted = Environment.ProcessorCount + options.MaxPoolSize + options.MaxBackgroundPoolSize;
        if (workers < wanted)
        {
            ThreadPool.SetMinThreads(wanted, completionPorts);
        }
    }
}

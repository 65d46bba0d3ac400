using Back2Code.Monitoring.Budgets;
using Back2Code.Monitoring.Gateway;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Health.Checks;
using Back2Code.Monitoring.Health.Checks.Postgres;
using Back2Code.Monitoring.Prometheus;

namespace Back2Code.Monitoring;

internal static class MonitoringServiceCollectionExtensions
{
    /// <summary>The desk where notifications arrive, the writer behind it, the receiver of the gateway's log, the error budgets and the health checks.</summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<MonitoringOptions>().BindConfiguration("Monitoring").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => new EventTarget(provider.GetRequiredService<IConfiguration>().GetConnectionString("RabbitMQ") is { Length: > 0 }));
        services.AddAlerting();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayLogReceiver>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayLogReceiver>());
        services.AddSingleton<PrometheusClient>();
        services.AddBudgets();
        services.AddPlatformHealth();
        return services;
    }

    /// <summary>What reads the error budgets.</summary>
    private static void AddBudgets(this IServiceCollection services)
    {
        services.AddOptions<BudgetOptions>().BindConfiguration("Monitoring:Budgets").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SloSet>();
        services.AddSingleton<BudgetReader>();
        services.AddSingleton<BudgetDesk>();
    }

    /// <summary>The checks, in the order in which they are read aloud, and what runs them.</summary>
    private static void AddPlatformHealth(this IServiceCollection services)
    {
        services.AddOptions<HealthOptions>().BindConfiguration("Monitoring:Health").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PostgresStatistics>();
        services.AddSingleton<IPlatformCheck, DiskCheck>();
        services.AddSingleton<IPlatformCheck, MemoryCheck>();
        services.AddSingleton<IPlatformCheck, ProcessCheck>();
        services.AddSingleton<IPlatformCheck, CertificateCheck>();
        services.AddSingleton<IPlatformCheck, ConnectionsCheck>();
        services.AddSingleton<IPlatformCheck, ReplicationCheck>();
        services.AddSingleton<IPlatformCheck, TransactionsCheck>();
        services.AddSingleton<IPlatformCheck, LocksCheck>();
        services.AddSingleton<IPlatformCheck, BloatCheck>();
        services.AddSingleton<IPlatformCheck, RedisCheck>();
        services.AddSingleton<IPlatformCheck, QueueCheck>();
        services.AddSingleton<IPlatformCheck, OutboxCheck>();
        services.AddSingleton<IPlatformCheck, BackupCheck>();
        services.AddSingleton<HealthBoard>();
        services.AddSingleton<HealthEvents>();
        services.AddHostedService(provider => provider.GetRequiredService<HealthEvents>());
        services.AddSingleton<HealthMonitor>();
        services.AddHostedService(provider => provider.GetRequiredService<HealthMonitor>());
    }
}

using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Gateway;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring;

internal static class MonitoringServiceCollectionExtensions
{
    /// <summary>The desk where notifications arrive, the writer behind it, and the receiver of the gateway's log.</summary>
    public static IServiceCollection AddMonitoring(this IServiceCollection services)
    {
        services.AddOptions<MonitoringOptions>().BindConfiguration("Monitoring").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IncidentDesk>();
        services.AddSingleton<IncidentStore>();
        services.AddSingleton<IncidentReader>();
        services.AddSingleton<Webhook>();
        services.AddHostedService<IncidentWriter>();
        services.AddSingleton<GatewayMetrics>();
        services.AddSingleton<GatewayLogReceiver>();
        services.AddHostedService(provider => provider.GetRequiredService<GatewayLogReceiver>());
        return services;
    }
}

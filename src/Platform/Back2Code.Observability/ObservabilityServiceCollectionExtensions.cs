using Back2Code.Observability;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers logs, metrics, traces and health.</summary>
public static class ObservabilityServiceCollectionExtensions
{
    /// <summary>ASP.NET Core 10 leaves the standard tags off its request span unless asked; 11 and later add them by themselves.</summary>
    private const string SuppressSpanTags = "Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData";

    /// <summary>
    /// Adds JSON log lines on standard output, the metrics behind <c>/metrics</c>, the window behind <c>/slo</c>, trace export while
    /// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set, the dependency prober and the drain before stopping. Other logging providers are removed.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="service">Name, instance and version of this process.</param>
    public static IServiceCollection AddObservability(this IServiceCollection services, ServiceIdentity service)
    {
        ArgumentNullException.ThrowIfNull(service);
        if (services.Any(static s => s.ServiceType == typeof(ServiceIdentity)))
        {
            return services;
        }

        services.AddSingleton(service);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupGate>();
        services.AddOptions<ObservabilityOptions>().ValidateDataAnnotations().ValidateOnStart();

        AddLogs(services);

        services.AddMetrics();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<MetricsCollector>();
        services.AddSingleton<SliWindow>();
        services.AddSingleton<SliRecorder>();

        if (!AppContext.TryGetSwitch(SuppressSpanTags, out _))
        {
            AppContext.SetSwitch(SuppressSpanTags, false);
        }

        services.AddSingleton<TraceExport>();

        services.AddSingleton(static provider => new Readiness(
            provider.GetRequiredService<StartupGate>(), provider.GetRequiredService<IHostApplicationLifetime>()));
        services.AddSingleton<DependencyProber>();
        services.AddHostedService<TelemetryStart>();
        services.AddHostedService(static provider => provider.GetRequiredService<DependencyProber>());
        services.AddHostedService<DrainBeforeStop>();
        return services;
    }

    private static void AddLogs(IServiceCollection services)
    {
        services.AddLogging(static logging =>
        {
            logging.ClearProviders();
            logging.AddConsole(static console =>
            {
                console.FormatterName = JsonLineFormatter.FormatterName;
                // Whoever reads our output may stall; requests must not.
                console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            });
            logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
        });

        // In front of the rules from configuration, so that configuration wins.
        services.Configure<LoggerFilterOptions>(static filters =>
        {
            filters.Rules.Insert(0, new LoggerFilterRule(null, "Microsoft.AspNetCore", LogLevel.Warning, null));
            filters.Rules.Insert(0, new LoggerFilterRule(null, "System.Net.Http", LogLevel.Warning, null));
        });
    }

    /// <summary>
    /// Meters and spans are heard from the moment somebody listens, so the listeners start before the other services; and not
    /// in a constructor, because settings are validated only when all services have been made.
    /// </summary>
    private sealed class TelemetryStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            provider.GetRequiredService<MetricsCollector>();
            provider.GetRequiredService<ProcessMetrics>();
            provider.GetRequiredService<SliRecorder>();
            provider.GetRequiredService<TraceExport>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

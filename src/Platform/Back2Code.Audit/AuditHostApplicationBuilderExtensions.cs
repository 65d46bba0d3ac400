using System.Diagnostics.Metrics;
using Back2Code.Data;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Audit;

/// <summary>Registers the recording of denials with a host.</summary>
public static class AuditHostApplicationBuilderExtensions
{
    /// <summary>
    /// Records every 403, and every 401 to a request that carried a credential, through the service's outbox. Needs
    /// <see cref="DataHostApplicationBuilderExtensions.AddPostgres"/> and an outbox relay. Nothing else is to be called: the middleware
    /// puts itself in front of the pipeline. Mutations are recorded where they happen: see <see cref="AuditEvents.From"/>.
    /// </summary>
    /// <param name="builder">The host.</param>
    /// <param name="source">The service as in its other events, for example <c>/services/notes</c>.</param>
    /// <param name="configure">Departures from the defaults.</param>
    public static IHostApplicationBuilder AddAudit(this IHostApplicationBuilder builder, string source, Action<DenialOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        var services = builder.Services;
        if (services.Any(static service => service.ServiceType == typeof(DenialLog)))
        {
            return builder;
        }

        var options = services.AddOptions<DenialOptions>().ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new DenialLog(
            source,
            provider.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background),
            provider.GetRequiredService<PostgresMigrator>(),
            provider.GetRequiredService<IOptions<DenialOptions>>().Value,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILogger<DenialLog>>()));
        services.AddHostedService(static provider => provider.GetRequiredService<DenialLog>());
        services.AddSingleton<IStartupFilter, DenialMiddleware>();
        return builder;
    }
}

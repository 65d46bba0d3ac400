using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the resilience pipelines.</summary>
public static class ResilienceServiceCollectionExtensions
{
    /// <summary>
    /// Registers the pipeline of one dependency; get it from <see cref="DependencyPipelines"/>. Calling it again for the same name adds
    /// further configuration. The host may bind a section to the named options (the service defaults bind <c>Resilience:NAME</c>).
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Name of the dependency, the value of the <c>dependency</c> label.</param>
    /// <param name="configure">Departures from the defaults, or null.</param>
    public static IServiceCollection AddDependencyPipeline(this IServiceCollection services, string name, Action<DependencyPipelineOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);

        var options = services.AddOptions<DependencyPipelineOptions>(name)
            .ValidateDataAnnotations()
            .Validate(o => o.AttemptTimeout <= o.TotalTimeout, $"Pipeline {name}: AttemptTimeout must not exceed TotalTimeout.")
            .Validate(o => o.QueueTimeout <= o.TotalTimeout, $"Pipeline {name}: QueueTimeout must not exceed TotalTimeout.")
            .Validate(o => o.RetryBaseDelay <= o.RetryMaxDelay, $"Pipeline {name}: RetryBaseDelay must not exceed RetryMaxDelay.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddMetrics();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new DependencyPipelines(
            provider.GetServices<DependencyName>().Select(static name => name.Value),
            provider.GetRequiredService<IOptionsMonitor<DependencyPipelineOptions>>().Get,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IMeterFactory>(),
            provider.GetRequiredService<ILoggerFactory>(),
            Jitter.Random,
            provider.GetService<DependencyChaos>()));
        services.AddSingleton(new DependencyName(name));
        return services;
    }
}

using Back2Code.Resilience;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the chaos switch.</summary>
public static class ChaosServiceCollectionExtensions
{
    /// <summary>
    /// Reads the section <c>Chaos</c>. Only where it says <c>Enabled</c> is there a switch, a clock that can be put wrong and a strategy in the dependency pipelines;
    /// elsewhere nothing of all that is registered. Call it before anything that takes the clock.
    /// </summary>
    public static IServiceCollection AddChaos(this IServiceCollection services, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptions<ChaosOptions>().Bind(section).ValidateDataAnnotations().ValidateOnStart();

        // Unvalidated here: the start-up validation reports everything that is wrong at once.
        var options = new ChaosOptions();
        section.Bind(options);
        if (!options.Enabled || services.Any(static s => s.ServiceType == typeof(ChaosSwitch)))
        {
            return services;
        }

        // In front of a clock that a test may have registered, behind which the service's own is found.
        var clock = services.LastOrDefault(static s => s.ServiceType == typeof(TimeProvider))?.ImplementationInstance as TimeProvider ?? TimeProvider.System;
        var skewable = new SkewableTime(clock);
        services.RemoveAll<TimeProvider>();
        services.AddSingleton<TimeProvider>(skewable);
        services.AddSingleton(skewable);
        services.AddSingleton(static provider => new ChaosSwitch(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DisturbanceKinds>();
        services.AddSingleton<DependencyChaos>();
        services.AddSingleton(static provider => new ClientChaos(provider.GetRequiredService<DependencyChaos>(), provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<HangBeforeStop>();
        if (options.StartDelay > TimeSpan.Zero)
        {
            services.TryAddSingleton<StartupGate>();
            services.AddHostedService(provider => new SlowStart(provider.GetRequiredService<StartupGate>(), options.StartDelay, clock));
        }

        return services;
    }
}

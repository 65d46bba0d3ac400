using Back2Code.Resilience;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers dependencies for the background prober.</summary>
public static class DependencyProbeExtensions
{
    /// <summary>Registers a dependency that is asked about once a second whether it answers.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">Value of the <c>dependency</c> label.</param>
    /// <param name="check">True when the dependency answered; false or an exception when not. The token ends with the probe's time-out.</param>
    public static IServiceCollection AddDependencyProbe(this IServiceCollection services, string name, Func<IServiceProvider, CancellationToken, ValueTask<bool>> check)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return services.AddSingleton<IDependencyProbe>(provider => new DelegateProbe(name, provider, check));
    }

    private sealed class DelegateProbe(string name, IServiceProvider provider, Func<IServiceProvider, CancellationToken, ValueTask<bool>> check) : IDependencyProbe
    {
        public string Name => name;

        public async ValueTask CheckAsync(CancellationToken cancellationToken)
        {
            if (!await check(provider, cancellationToken).ConfigureAwait(false))
            {
                throw new InvalidOperationException($"{name} does not answer as it should.");
            }
        }
    }
}

using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;

namespace Back2Code.Observability;

/// <summary>Whether this process should get traffic: not before it has started, not once it begins to stop.</summary>
public sealed class Readiness
{
    private readonly StartupGate startup;
    private readonly IHostApplicationLifetime lifetime;
    private volatile bool draining;

    internal Readiness(StartupGate startup, IHostApplicationLifetime lifetime)
    {
        this.startup = startup;
        this.lifetime = lifetime;
    }

    /// <summary>True from the moment the process was asked to stop. The listener still answers for the drain delay.</summary>
    public bool IsDraining => draining || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>True when started and not draining. An unavailable dependency does not make a process unready.</summary>
    public bool IsReady => startup.IsComplete && !IsDraining;

    internal void BeginDrain() => draining = true;
}

using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;

namespace Back2Code.Observability;

/// <summary>Whether this process should get traffic: not before it has started, not once it begins to stop.</summary>
public sealed class Readiness
{
    private readonly StartupGate _startup;
    private readonly IHostApplicationLifetime _lifetime;
    private volatile bool _draining;

    internal Readiness(StartupGate startup, IHostApplicationLifetime lifetime)
    {
        this._startup = startup;
        this._lifetime = lifetime;
    }

    /// <summary>True from the moment the process was asked to stop. The listener still answers for the drain delay.</summary>
    public bool IsDraining => _draining || _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>True when started and not draining. An unavailable dependency does not make a process unready.</summary>
    public bool IsReady => _startup.IsComplete && !IsDraining;

    internal void BeginDrain() => _draining = true;
}

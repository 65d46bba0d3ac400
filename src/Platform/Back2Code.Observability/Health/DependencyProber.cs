using System.Diagnostics.Metrics;
using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Back2Code.Observability;

/// <summary>Asks every dependency, all at once, about once a second; keeps the newest answer for the gauge and the health body.</summary>
internal sealed partial class DependencyProber : BackgroundService
{
    public const string MeterName = "Back2Code.Health";

    private readonly Lazy<List<DependencyHealth>> _dependencies;
    private readonly IOptions<ObservabilityOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<DependencyProber> _logger;

    public DependencyProber(
        IEnumerable<IDependencyProbe> probes, IOptions<ObservabilityOptions> options, TimeProvider time, IMeterFactory meters, ILogger<DependencyProber> logger)
    {
        // Registering a dependency twice is harmless: the first probe of a name is the one that runs.
        // Lazy: hosted services are made before the settings are validated.
        _dependencies = new(() => [.. probes.DistinctBy(static probe => probe.Name, StringComparer.Ordinal).Select(probe => new DependencyHealth(probe, options.Value, time))]);
        this._options = options;
        this._time = time;
        this._logger = logger;
        meters.Create(MeterName).CreateObservableGauge(
            "back2code.dependency.up",
            () => Dependencies.Select(static d => new Measurement<int>(d.Current.Up ? 1 : 0, new KeyValuePair<string, object?>("dependency", d.Name))),
            "{dependency}",
            "1 while the dependency answers its probe, else 0; never older than about three seconds.");
    }

    public IReadOnlyList<DependencyHealth> Dependencies => _dependencies.Value;

    internal Task ProbeOnceAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Dependencies.Select(dependency => ProbeAsync(dependency, cancellationToken)));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_options.Value.ProbeInterval, _time);
        try
        {
            do
            {
                await ProbeOnceAsync(stoppingToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown.
        }
    }

    private async Task ProbeAsync(DependencyHealth dependency, CancellationToken cancellationToken)
    {
        if (!await dependency.AskAsync(cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        var (up, detail) = dependency.Current;
        if (up)
        {
            Log.DependencyUp(_logger, dependency.Name);
        }
        else
        {
            Log.DependencyDown(_logger, dependency.Name, detail);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2211, LogLevel.Warning, "Dependency {Dependency} is down: {Detail}", EventName = "DependencyDown")]
        public static partial void DependencyDown(ILogger logger, string dependency, string detail);

        [LoggerMessage(2212, LogLevel.Information, "Dependency {Dependency} is up", EventName = "DependencyUp")]
        public static partial void DependencyUp(ILogger logger, string dependency);
    }
}

using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Back2Code.Resilience;

/// <summary>Marks that a pipeline of this name was registered.</summary>
internal sealed record DependencyName(string Value);

/// <summary>All pipelines of the process, one for each dependency. Thread-safe.</summary>
public sealed class DependencyPipelines : IDisposable
{
    private readonly Dictionary<string, DependencyPipeline> _pipelines = new(StringComparer.Ordinal);

    internal DependencyPipelines(
        IEnumerable<string> names, Func<string, DependencyPipelineOptions> options, TimeProvider time, IMeterFactory meters, ILoggerFactory loggers, Func<double> random, DependencyChaos? chaos = null)
    {
        var logger = loggers.CreateLogger<DependencyPipelines>();
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            _pipelines[name] = new DependencyPipeline(name, options(name), time, logger, random, chaos);
        }

        // Kept alive by the meter, whose instruments call back into it.
        _ = new ResilienceMetrics(meters, () => _pipelines.Values);
    }

    /// <summary>Names of the registered dependencies.</summary>
    public IReadOnlyCollection<string> Names => _pipelines.Keys;

    /// <summary>The pipeline of one dependency; always the same instance for the same name.</summary>
    /// <exception cref="ArgumentException">No pipeline of this name was registered.</exception>
    public DependencyPipeline Get(string name) =>
        _pipelines.TryGetValue(name, out var pipeline)
            ? pipeline
            : throw new ArgumentException($"No pipeline is registered for '{name}'; registered are: {string.Join(", ", _pipelines.Keys.Order(StringComparer.Ordinal))}. Call AddDependencyPipeline first.", nameof(name));

    /// <summary>Ends the bulkheads; calls that wait in a queue are shed.</summary>
    public void Dispose()
    {
        foreach (var pipeline in _pipelines.Values)
        {
            pipeline.Dispose();
        }
    }
}

using System.Diagnostics.Metrics;

namespace Back2Code.Resilience;

/// <summary>State and counts of every pipeline; label <c>dependency</c>.</summary>
internal sealed class ResilienceMetrics
{
    public const string MeterName = "Back2Code.Resilience";

    private readonly Counter<long> shed;
    private readonly Counter<long> retries;
    private readonly Counter<long> timeouts;

    public ResilienceMetrics(IMeterFactory meters, Func<IEnumerable<DependencyPipeline>> pipelines)
    {
        // The factory owns the meter and disposes it with the host.
        var meter = meters.Create(MeterName);
        shed = meter.CreateCounter<long>("back2code.bulkhead.shed", "{call}", "Calls refused because the bulkhead and its queue were full or too slow.");
        retries = meter.CreateCounter<long>("back2code.retries", "{retry}", "Attempts after the first one of a call.");
        timeouts = meter.CreateCounter<long>("back2code.timeouts", "{call}", "Time-outs by kind: one attempt, or the whole call.");
        meter.CreateObservableGauge("back2code.circuit.state", () => pipelines().Select(p => Of(p, (int)p.State)), "{state}", "Circuit breaker: 0 closed, 1 half-open, 2 open.");
        meter.CreateObservableUpDownCounter("back2code.bulkhead.in_use", () => pipelines().Select(p => Of(p, p.InUse)), "{call}", "Calls under way.");
        meter.CreateObservableUpDownCounter("back2code.bulkhead.queued", () => pipelines().Select(p => Of(p, p.Queued)), "{call}", "Calls waiting for a place.");
        meter.CreateObservableGauge("back2code.bulkhead.limit", () => pipelines().Select(p => Of(p, p.Limit)), "{call}", "Calls that may be under way at once.");
    }

    public void Shed(string dependency) => shed.Add(1, Dependency(dependency));

    public void Retried(string dependency) => retries.Add(1, Dependency(dependency));

    public void TimedOut(string dependency, string kind) => timeouts.Add(1, Dependency(dependency), new("kind", kind));

    /// <summary>Makes every series exist from the start: a counter that appears with its first event hides that event from rate().</summary>
    public void Announce(string dependency)
    {
        shed.Add(0, Dependency(dependency));
        retries.Add(0, Dependency(dependency));
        timeouts.Add(0, Dependency(dependency), new("kind", "attempt"));
        timeouts.Add(0, Dependency(dependency), new("kind", "total"));
    }

    private static Measurement<int> Of(DependencyPipeline pipeline, int value) => new(value, Dependency(pipeline.Name));

    private static KeyValuePair<string, object?> Dependency(string name) => new("dependency", name);
}

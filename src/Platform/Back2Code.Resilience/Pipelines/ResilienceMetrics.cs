using System.Diagnostics.Metrics;

namespace Back2Code.Resilience;

/// <summary>
/// State and counts of every pipeline; label <c>dependency</c>. The counts live in the pipelines and are only observed, so that
/// every series exists from the first scrape on: a counter that appears with its first event hides that event from rate().
/// </summary>
internal sealed class ResilienceMetrics
{
    public const string MeterName = "Back2Code.Resilience";

    public ResilienceMetrics(IMeterFactory meters, Func<IEnumerable<DependencyPipeline>> pipelines)
    {
        // The factory owns the meter and disposes it with the host.
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("back2code.circuit.state", () => pipelines().Select(p => Of(p, (int)p.State)), "{state}", "Circuit breaker: 0 closed, 1 half-open, 2 open.");
        meter.CreateObservableUpDownCounter("back2code.bulkhead.in_use", () => pipelines().Select(p => Of(p, p.InUse)), "{call}", "Calls under way.");
        meter.CreateObservableUpDownCounter("back2code.bulkhead.queued", () => pipelines().Select(p => Of(p, p.Queued)), "{call}", "Calls waiting for a place.");
        meter.CreateObservableGauge("back2code.bulkhead.limit", () => pipelines().Select(p => Of(p, p.Limit)), "{call}", "Calls that may be under way at once.");
        meter.CreateObservableCounter("back2code.bulkhead.shed", () => pipelines().Select(p => Of(p, p.Counts.Shed)), "{call}", "Calls refused because the bulkhead and its queue were full or too slow.");
        meter.CreateObservableCounter("back2code.retries", () => pipelines().Select(p => Of(p, p.Counts.Retries)), "{retry}", "Attempts after the first one of a call.");
        meter.CreateObservableCounter("back2code.timeouts", () => pipelines().SelectMany(Timeouts), "{call}", "Time-outs by kind: one attempt, or the whole call.");
    }

    private static IEnumerable<Measurement<long>> Timeouts(DependencyPipeline pipeline) =>
    [
        new(pipeline.Counts.AttemptTimeouts, new("dependency", pipeline.Name), new("kind", "attempt")),
        new(pipeline.Counts.TotalTimeouts, new("dependency", pipeline.Name), new("kind", "total")),
    ];

    private static Measurement<T> Of<T>(DependencyPipeline pipeline, T value)
        where T : struct => new(value, new KeyValuePair<string, object?>("dependency", pipeline.Name));
}

using System.Diagnostics.Metrics;

namespace Back2Code.Messaging;

internal sealed class ConsumerMetrics
{
    private readonly KeyValuePair<string, object?> _queue;
    private readonly Counter<long> _events;
    private readonly Histogram<double> _delay;
    private readonly Histogram<double> _queueLatency;
    private int _waiting;

    public ConsumerMetrics(IMeterFactory meters, string queue, TimeProvider time)
    {
        Backlog = new QueueBacklog(time);
        _queue = new("queue", queue);
        var meter = meters.Create("Back2Code.Messaging");
        _events = meter.CreateCounter<long>("back2code.consumer.events", "{event}", "Deliveries, by outcome: handled, duplicate, retried, dead.");
        _delay = meter.CreateHistogram(
            "back2code.consumer.delay", "s", "Time from an event's own timestamp to the end of its handling.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
        _queueLatency = meter.CreateHistogram(
            "back2code.queue.latency", "s", "Time from the publication of an event to the end of its handling. The wait in the outbox before is not in it.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
        meter.CreateObservableGauge(
            "back2code.consumer.staleness", () => new Measurement<double>(Backlog.Staleness.TotalSeconds, _queue), "s",
            "For how long the consumer may have missed something: age of the oldest event it was handed and has not handled, or time since it lost its queue. 0 when it is up to date.");
        meter.CreateObservableGauge(
            "back2code.consumer.paused", () => new Measurement<int>(Volatile.Read(ref _waiting), _queue), "{event}", "Events whose handling waits for an unavailable dependency.");
    }

    /// <summary>What the queue has handed out.</summary>
    public QueueBacklog Backlog { get; }

    public void Event(string outcome) => _events.Add(1, _queue, new KeyValuePair<string, object?>("outcome", outcome));

    public void Handled(TimeSpan delay) => _delay.Record(Math.Max(0, delay.TotalSeconds), _queue);

    /// <summary>
    /// Makes the latency exist before the first event, by one observation of nothing: an SLO must tell "no events" from "no metric".
    /// Called when the service starts: what is recorded earlier nobody hears.
    /// </summary>
    public void Introduce() => _queueLatency.Record(0, _queue);

    public void LeftQueue(TimeSpan latency) => _queueLatency.Record(Math.Max(0, latency.TotalSeconds), _queue);

    public void PauseBegan() => Interlocked.Increment(ref _waiting);

    public void PauseEnded() => Interlocked.Decrement(ref _waiting);
}

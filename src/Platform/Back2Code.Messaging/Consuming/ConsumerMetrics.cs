using System.Diagnostics.Metrics;

namespace Back2Code.Messaging;

internal sealed class ConsumerMetrics
{
    private readonly KeyValuePair<string, object?> _queue;
    private readonly Counter<long> _events;
    private readonly Histogram<double> _delay;
    private int _waiting;

    public ConsumerMetrics(IMeterFactory meters, string queue)
    {
        _queue = new("queue", queue);
        var meter = meters.Create("Back2Code.Messaging");
        _events = meter.CreateCounter<long>("back2code.consumer.events", "{event}", "Deliveries, by outcome: handled, duplicate, retried, dead.");
        _delay = meter.CreateHistogram(
            "back2code.consumer.delay", "s", "Time from an event's own timestamp to the end of its handling.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300] });
        meter.CreateObservableGauge(
            "back2code.consumer.paused", () => new Measurement<int>(Volatile.Read(ref _waiting), _queue), "{event}", "Events whose handling waits for an unavailable dependency.");
    }

    public void Event(string outcome) => _events.Add(1, _queue, new KeyValuePair<string, object?>("outcome", outcome));

    public void Handled(TimeSpan delay) => _delay.Record(Math.Max(0, delay.TotalSeconds), _queue);

    public void PauseBegan() => Interlocked.Increment(ref _waiting);

    public void PauseEnded() => Interlocked.Decrement(ref _waiting);
}

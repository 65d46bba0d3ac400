using System.Diagnostics.Metrics;

namespace Back2Code.Messaging;

internal sealed class OutboxMetrics
{
    private readonly Counter<long> _published;
    private readonly Counter<long> _failures;
    private long _pending;
    private double _oldestAgeSeconds;

    public OutboxMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Back2Code.Messaging");
        _published = meter.CreateCounter<long>("back2code.outbox.published", "{event}", "Events that the broker confirmed.");
        _failures = meter.CreateCounter<long>("back2code.outbox.failures", "{event}", "Events that could not be published, by reason: unroutable and broker, which are offered again, or unwanted.");
        meter.CreateObservableGauge("back2code.outbox.pending", () => Interlocked.Read(ref _pending), "{event}", "Events that wait to be published.");
        meter.CreateObservableGauge("back2code.outbox.oldest_age", () => Volatile.Read(ref _oldestAgeSeconds), "s", "Age of the oldest event that waits; 0 when none does.");
    }

    public void Published(int events) => _published.Add(events);

    public void Failed(int events, string reason) => _failures.Add(events, new KeyValuePair<string, object?>("reason", reason));

    public void Waiting(long pending, double oldestAgeSeconds)
    {
        Interlocked.Exchange(ref _pending, pending);
        Volatile.Write(ref _oldestAgeSeconds, oldestAgeSeconds);
    }
}

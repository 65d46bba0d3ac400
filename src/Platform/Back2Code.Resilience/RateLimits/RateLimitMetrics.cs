using System.Diagnostics.Metrics;

namespace Back2Code.Resilience;

internal sealed class RateLimitMetrics
{
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _fallbacks;

    public RateLimitMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Back2Code.Resilience");
        _decisions = meter.CreateCounter<long>("back2code.ratelimit.decisions", "{request}", "Requests that rate limits were asked about, by outcome (allowed, limited) and source (shared, process).");
        _fallbacks = meter.CreateCounter<long>(
            "back2code.ratelimit.fallbacks", "{request}", "Decisions that this process made by itself because the shared buckets were not to be had, by reason: timeout, unavailable, error, open.");
    }

    public void Decision(bool allowed, bool shared) =>
        _decisions.Add(1, new KeyValuePair<string, object?>("outcome", allowed ? "allowed" : "limited"), new KeyValuePair<string, object?>("source", shared ? "shared" : "process"));

    public void Fallback(string reason) => _fallbacks.Add(1, new KeyValuePair<string, object?>("reason", reason));
}

using System.Diagnostics.Metrics;

namespace Back2Code.Data;

internal sealed class CacheMetrics
{
    private readonly KeyValuePair<string, object?> _cache;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _invalidations;

    public CacheMetrics(IMeterFactory meters, string cache, Func<int> pending)
    {
        _cache = new("cache", cache);
        var meter = meters.Create("Back2Code.Data");
        _requests = meter.CreateCounter<long>("back2code.cache.requests", "{request}", "Reads, by result: hit, loaded, stale, failed.");
        _invalidations = meter.CreateCounter<long>("back2code.cache.deferred_invalidations", "{key}", "Writes that Redis could not be told of at once.");
        meter.CreateObservableGauge(
            "back2code.cache.pending_invalidations", () => new Measurement<int>(pending(), _cache), "{key}", "Writes that Redis must be told of before the cache is read again.");
    }

    public void Request(string result) => _requests.Add(1, _cache, new KeyValuePair<string, object?>("result", result));

    public void Deferred() => _invalidations.Add(1, _cache);
}

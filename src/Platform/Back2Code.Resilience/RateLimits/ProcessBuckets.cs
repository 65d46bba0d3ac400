namespace Back2Code.Resilience;

/// <summary>
/// Buckets of this process alone. At most <paramref name="capacity"/> that are not full are remembered; beyond that, callers who are new share one bucket, so that
/// whoever invents names gains nothing and costs no memory. Thread-safe.
/// </summary>
internal sealed class ProcessBuckets(int capacity, TimeProvider time)
{
    // To look through all of them for full ones at each new name would be a gift to whoever invents names.
    private const double MicrosecondsBetweenSweeps = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, double> _fullAt = new(StringComparer.Ordinal);
    private readonly long _start = time.GetTimestamp();
    private double _sweptAt = double.NegativeInfinity;

    public BucketAnswer Take(IReadOnlyList<BucketDraw> draws)
    {
        double[] untilFull = new double[draws.Count];
        lock (_gate)
        {
            double now = time.GetElapsedTime(_start).TotalMicroseconds;
            bool allowed = true;
            for (int i = 0; i < draws.Count; i++)
            {
                untilFull[i] = Math.Max(0, _fullAt.GetValueOrDefault(NameOf_NeedsLock(draws[i].Key, now), now) - now);
                allowed &= TokenBucket.HasToken(untilFull[i], draws[i].Limit);
            }

            for (int i = 0; allowed && i < draws.Count; i++)
            {
                untilFull[i] += draws[i].Limit.MicrosecondsPerToken;
                _fullAt[NameOf_NeedsLock(draws[i].Key, now)] = now + untilFull[i];
            }

            return new BucketAnswer(allowed, untilFull);
        }
    }

    private string NameOf_NeedsLock(string key, double now)
    {
        if (_fullAt.Count < capacity || _fullAt.ContainsKey(key))
        {
            return key;
        }

        if (now - _sweptAt >= MicrosecondsBetweenSweeps)
        {
            _sweptAt = now;
            foreach (var (full, _) in _fullAt.Where(bucket => bucket.Value <= now).ToList())
            {
                _fullAt.Remove(full);
            }
        }

        return _fullAt.Count < capacity ? key : "";
    }
}

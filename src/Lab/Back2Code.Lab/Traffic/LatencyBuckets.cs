namespace Back2Code.Lab.Traffic;

/// <summary>
/// A histogram's counts as numbers on a line, so that whoever has the lines of a run can compute its quantiles again. The buckets are those of
/// <see cref="LatencyHistogram"/>, and so are the answers, to the last digit.
/// </summary>
internal static class LatencyBuckets
{
    /// <returns>Middle of a bucket in nanoseconds, count, and so on, in rising order; empty buckets are left out.</returns>
    public static IReadOnlyList<long> Of(IEnumerable<long> durationsNs) =>
        [.. durationsNs.CountBy(LatencyHistogram.BucketOf).OrderBy(bucket => bucket.Key).SelectMany(bucket => new long[] { bucket.Key, bucket.Value })];

    /// <summary>Nearest rank over all seconds together, as <see cref="LatencyHistogram.QuantileNs"/> has it.</summary>
    public static LatencyQuantiles Quantiles(IEnumerable<TrafficSecond> seconds) => Quantiles(seconds.Select(s => (s.ResponseBuckets, s.ResponseMaxNs)));

    /// <summary>The same for one journey; null where the lines do not tell it, as those of older runs.</summary>
    public static LatencyQuantiles? Quantiles(IEnumerable<TrafficSecond> seconds, string journey)
    {
        List<(IReadOnlyList<long>, long)> told = [.. seconds
            .Select(s => s.ByJourney.GetValueOrDefault(journey))
            .Where(j => j?.ResponseBuckets is not null)
            .Select(j => (j!.ResponseBuckets!, j.ResponseMaxNs))];
        return told.Count == 0 ? null : Quantiles(told);
    }

    private static LatencyQuantiles Quantiles(IEnumerable<(IReadOnlyList<long> Buckets, long MaxNs)> seconds)
    {
        var counts = new SortedDictionary<long, long>();
        long largest = 0;
        foreach (var (buckets, maxNs) in seconds)
        {
            largest = Math.Max(largest, maxNs);
            for (int i = 0; i + 1 < buckets.Count; i += 2)
            {
                counts[buckets[i]] = counts.GetValueOrDefault(buckets[i]) + buckets[i + 1];
            }
        }

        long total = counts.Values.Sum();
        return total == 0
            ? new LatencyQuantiles(null, null, null, null)
            : new LatencyQuantiles(Quantile(0.50), Quantile(0.95), Quantile(0.99), LatencyHistogram.Ms(largest));

        double? Quantile(double share)
        {
            long rank = Math.Max(1, (long)Math.Ceiling(share * total));
            long passed = 0;
            foreach (var (middle, count) in counts)
            {
                passed += count;
                if (passed >= rank)
                {
                    return LatencyHistogram.Ms(Math.Min(middle, largest));
                }
            }

            return LatencyHistogram.Ms(largest);
        }
    }
}

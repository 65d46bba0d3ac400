using System.Numerics;

namespace Back2Code.Lab.Traffic;

/// <summary>
/// Counts durations in log-linear buckets, as HdrHistogram does (http://hdrhistogram.org): every power of two is cut into 64 equal buckets, and a bucket
/// answers with its middle, so a reported value is at most 1/128 (0.8 %) off from 1 µs to 1 h, at a fixed 19 kB. Longer durations count as 1 h.
/// Recording is lock-free, one interlocked increment; reading while others record gives some recent state.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private static readonly long LimitNs = (long)TimeSpan.FromHours(1).TotalNanoseconds;
    private static readonly int Size = IndexOf(LimitNs) + 1;

    private readonly long[] _counts = new long[Size];
    private long _largestNs;

    public void Record(long durationNs)
    {
        durationNs = Math.Clamp(durationNs, 0, LimitNs);
        Interlocked.Increment(ref _counts[IndexOf(durationNs)]);

        RaiseLargest(durationNs);
    }

    public long Count
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _counts.Length; i++)
            {
                sum += Volatile.Read(ref _counts[i]);
            }

            return sum;
        }
    }

    /// <summary>Exact, zero when empty.</summary>
    public long LargestNs => Volatile.Read(ref _largestNs);

    /// <summary>The smallest recorded value that at least this share of all values does not exceed (nearest rank), within the error of a bucket.</summary>
    /// <param name="quantile">0 to 1; 0.99 is the 99th percentile.</param>
    /// <returns>Nanoseconds, or null when nothing was recorded.</returns>
    public long? QuantileNs(double quantile)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(quantile);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quantile, 1);

        long count = Count;
        if (count == 0)
        {
            return null;
        }

        long rank = Math.Max(1, (long)Math.Ceiling(quantile * count));
        long passed = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            passed += Volatile.Read(ref _counts[i]);
            if (passed >= rank)
            {
                // The middle of the highest bucket may lie above what was ever recorded.
                return Math.Min(MiddleOf(i), LargestNs);
            }
        }

        return LargestNs;
    }

    /// <summary>Adds the counts of another histogram; merging is associative and commutative.</summary>
    public void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            long add = Volatile.Read(ref other._counts[i]);
            if (add != 0)
            {
                Interlocked.Add(ref _counts[i], add);
            }
        }

        RaiseLargest(other.LargestNs);
    }

    public LatencyQuantiles ToQuantiles() => Count == 0
        ? new LatencyQuantiles(null, null, null, null)
        : new LatencyQuantiles(Ms(QuantileNs(0.50)), Ms(QuantileNs(0.95)), Ms(QuantileNs(0.99)), Ms(LargestNs));

    /// <summary>What the histogram answers with for a duration: the middle of its bucket.</summary>
    public static long BucketOf(long durationNs) => MiddleOf(IndexOf(Math.Clamp(durationNs, 0, LimitNs)));

    /// <summary>Milliseconds to the microsecond: more digits than the clock deserves help nobody.</summary>
    public static double? Ms(long? durationNs) => durationNs is long ns ? Math.Round(ns / 1e6, 3) : null;

    private void RaiseLargest(long ns)
    {
        long seen = Volatile.Read(ref _largestNs);
        while (ns > seen)
        {
            long before = Interlocked.CompareExchange(ref _largestNs, ns, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    // Below 2^7 ns every value has a bucket of its own; above, the top seven bits of a value choose it.
    private static int IndexOf(long ns)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)ns | 1) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(ns >> shift);
    }

    private static long MiddleOf(int index)
    {
        int shift = Math.Max(0, (index >> SubBucketBits) - 1);
        long low = (long)(index - (shift << SubBucketBits)) << shift;
        return low + ((1L << shift) >> 1);
    }
}

namespace Back2Code.Observability;

/// <summary>
/// The last 10,000 requests of this process: how long each took and whether it failed. A ring of 64-bit slots, one request each, so that a reader
/// never sees half of one; writers meet only in one increment. Lock-free and thread-safe; recording allocates nothing.
/// </summary>
/// <remarks>
/// A snapshot taken while requests end may hold a few newer than its oldest: it is a set of whole requests, not a cut through time.
/// A writer that is held up between its two steps for 10,000 requests puts an older request where a newer one was; the count of slots stays right.
/// </remarks>
internal sealed class SliWindow
{
    public const int Capacity = 10_000;

    // A slot: duration in units of 100 ns, then one bit for "failed", then one that is always set. Zero is a slot that was never written.
    private const long Written = 1;
    private const long Failed = 2;
    private const int DurationShift = 2;

    /// <summary>What fits beside the two bits; 7,300 years.</summary>
    private const long LongestTicks = long.MaxValue >> DurationShift;

    private readonly long[] _slots = new long[Capacity];
    private ulong _next = ulong.MaxValue;

    /// <summary>Remembers one finished request and forgets the oldest.</summary>
    /// <param name="seconds">Time from its arrival to its answer. What is negative or not a number counts as zero.</param>
    /// <param name="failed">Whether it was answered with a server error.</param>
    public void Record(double seconds, bool failed)
    {
        // A conversion that does not fit saturates, and NaN becomes zero.
        long ticks = Math.Clamp((long)(seconds * TimeSpan.TicksPerSecond), 0, LongestTicks);
        long slot = (ticks << DurationShift) | (failed ? Failed : 0) | Written;
        ulong position = Interlocked.Increment(ref _next) % Capacity;
        Volatile.Write(ref _slots[position], slot);
    }

    /// <summary>What the window holds now. Sorts a copy: for people and scripts that ask, not for every request.</summary>
    public SliSnapshot Read()
    {
        Span<long> requests = new long[Capacity];
        requests = requests[..CopyTo(requests)];
        int failures = 0;
        foreach (ref long request in requests)
        {
            (request, bool failed) = Decode(request);
            failures += failed ? 1 : 0;
        }

        requests.Sort();
        return SliSnapshot.Of(Capacity, failures, requests);
    }

    /// <summary>Copies the requests, each whole, in no order; returns how many there are.</summary>
    internal int CopyTo(Span<long> destination)
    {
        int count = 0;
        for (int i = 0; i < Capacity; i++)
        {
            long slot = Volatile.Read(ref _slots[i]);
            if (slot != 0)
            {
                destination[count++] = slot;
            }
        }

        return count;
    }

    internal static (long Ticks, bool Failed) Decode(long slot) => (slot >> DurationShift, (slot & Failed) != 0);
}

namespace Back2Code.Resilience;

/// <summary>One way in which this process misbehaves on purpose, until it is ended or its lease is over. Thread-safe.</summary>
internal abstract class Disturbance(string kind, string id, DateTimeOffset endsAt)
{
    private long _seen;
    private long _struck;

    /// <summary>What it is, as in the address of the switch: <c>errors</c>, <c>memory-leak</c>. Of each kind, one stands at a time.</summary>
    public string Kind => kind;

    /// <summary>The fault that it belongs to.</summary>
    public string Id => id;

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset EndsAt => endsAt;

    /// <summary>What fell under it: requests, calls, rounds of work.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Of these, what it has disturbed.</summary>
    public long Struck => Interlocked.Read(ref _struck);

    /// <summary>What else can be measured of it in this process, by name with its unit last.</summary>
    public virtual IReadOnlyDictionary<string, double> Figures => new Dictionary<string, double>();

    /// <summary>Called once, before it counts as standing.</summary>
    public virtual void Begin()
    {
    }

    /// <summary>Called once, when it no longer stands: whatever it holds is let go.</summary>
    public virtual void End()
    {
    }

    protected void CountSeen() => Interlocked.Increment(ref _seen);

    protected void CountStruck() => Interlocked.Increment(ref _struck);
}

/// <summary>
/// Multiples of the golden ratio, modulo 1, instead of random numbers: they are spread so evenly that of any thousand draws one in a hundred lies below 0.01,
/// give or take one. With independent draws a rule of 1 % would show 0.5 % or 1.5 % in the short windows that burn rates are measured in.
/// </summary>
internal sealed class EvenDraws
{
    private long _drawn;

    public double Next() => ((ulong)Interlocked.Increment(ref _drawn) * 0x9E3779B97F4A7C15UL >> 11) * (1.0 / (1UL << 53));
}

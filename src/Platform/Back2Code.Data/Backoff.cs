using System.Security.Cryptography;

namespace Back2Code.Data;

/// <summary>
/// Pauses between attempts of one background loop: doubling up to a maximum, each drawn from the upper half of its range, so
/// that processes that lost the same server do not come back in step. Not thread-safe.
/// </summary>
internal sealed class Backoff(TimeSpan min, TimeSpan max, Func<double>? random = null)
{
    private readonly Func<double> _random = random ?? (static () => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30));
    private int _failures;

    /// <summary>The next pause; at most the maximum.</summary>
    public TimeSpan Next()
    {
        // 2^20 times any minimum is beyond every maximum; more would overflow.
        double ceiling = Math.Min(max.Ticks, min.Ticks * Math.Pow(2, Math.Min(_failures, 20)));
        _failures++;
        return TimeSpan.FromTicks((long)(ceiling * (0.5 + (_random() / 2))));
    }

    /// <summary>Forgets the failures, after a success.</summary>
    public void Reset() => _failures = 0;
}

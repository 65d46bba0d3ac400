using System.Security.Cryptography;

namespace Back2Code.Resilience;

/// <summary>Spreads retries so that clients that failed together do not come back together.</summary>
internal static class Jitter
{
    /// <summary>A number in [0, 1). Jitter needs no repeatable seed in production; tests pass their own source.</summary>
    public static double Random() => RandomNumberGenerator.GetInt32(1 << 30) / (double)(1 << 30);

    /// <summary>
    /// Decorrelated jitter: uniform between the base and three times the previous delay, capped. It grows like exponential
    /// backoff and spreads better. "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    /// </summary>
    public static TimeSpan Next(TimeSpan previous, TimeSpan baseDelay, TimeSpan maxDelay, double random)
    {
        var upper = Math.Max(baseDelay.Ticks, previous.Ticks * 3);
        var ticks = baseDelay.Ticks + (long)(random * (upper - baseDelay.Ticks));
        return TimeSpan.FromTicks(Math.Min(ticks, maxDelay.Ticks));
    }
}

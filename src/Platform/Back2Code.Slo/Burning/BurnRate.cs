namespace Back2Code.Slo;

/// <summary>Burn-rate arithmetic in decimals: 0.995 leaves a budget of 0.005, and 2 % of 30 days in one hour is exactly 14.4.</summary>
/// <remarks>The Site Reliability Workbook, chapter 5. Pure and thread-safe.</remarks>
public static class BurnRate
{
    /// <summary>Share of events that may fail: 1 minus the objective.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The objective is not from 0 to below 1.</exception>
    public static decimal Budget(decimal objective) =>
        objective is >= 0 and < 1 ? 1 - objective : throw new ArgumentOutOfRangeException(nameof(objective), objective, "An objective is from 0 to below 1.");

    /// <summary>How fast the budget burns: 1 spends it exactly over the SLO's period.</summary>
    /// <param name="bad">Failed events in the window.</param>
    /// <param name="total">All events in the window; zero means no evidence and yields 0.</param>
    /// <param name="objective">Target share of good events, 0 to below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative, bad exceeds total, or the objective is out of range.</exception>
    public static decimal Of(long bad, long total, decimal objective)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bad);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bad, total);
        decimal budget = Budget(objective);
        return total == 0 ? 0 : bad / (total * budget);
    }

    /// <summary>The burn rate that spends <paramref name="budgetShare"/> of the budget of <paramref name="period"/> within <paramref name="window"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is not positive, or the window is longer than the period.</exception>
    public static decimal Factor(decimal budgetShare, TimeSpan period, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budgetShare);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, period);
        return budgetShare * period.Ticks / window.Ticks;
    }

    /// <summary>The error ratio above which a burn rate of <paramref name="factor"/> is exceeded.</summary>
    public static decimal ErrorRatioAt(decimal factor, decimal objective) => factor * Budget(objective);

    /// <summary>False when even a total outage burns no faster than <paramref name="factor"/>: such an alert would only look like protection.</summary>
    public static bool CanFire(decimal factor, decimal objective) => ErrorRatioAt(factor, objective) < 1;
}

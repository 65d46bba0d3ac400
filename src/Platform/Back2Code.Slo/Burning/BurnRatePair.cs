namespace Back2Code.Slo;

/// <summary>Who must look, and how soon.</summary>
public enum BurnSpeed
{
    /// <summary>A person is woken: severity critical.</summary>
    Fast,

    /// <summary>A ticket for the day: severity warning.</summary>
    Slow,
}

/// <summary>Two windows that must both burn: the long one shows that it matters, the short one that it still goes on.</summary>
/// <param name="Speed">Which alert the pair belongs to.</param>
/// <param name="ShortWindow">Short window; the alert resolves about this long after the burning ends.</param>
/// <param name="LongWindow">Long window.</param>
/// <param name="BudgetShare">Share of the period's budget that is spent in the long window when the pair fires.</param>
public sealed record BurnRatePair(BurnSpeed Speed, TimeSpan ShortWindow, TimeSpan LongWindow, decimal BudgetShare)
{
    /// <summary>Shortest period for which there are pairs: below it the shortest window would be less than a minute.</summary>
    public static readonly TimeSpan ShortestPeriod = TimeSpan.FromDays(1);

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    /// <summary>The burn rate of the pair for an SLO's period, exact.</summary>
    public decimal FactorFor(TimeSpan period) => BurnRate.Factor(BudgetShare, period, LongWindow);

    /// <summary>
    /// The four pairs for a period. From two weeks on, the shares of the Site Reliability Workbook (2, 5, 10 and 10 %: for 30 days the factors
    /// 14.4, 6, 3 and 1). Below two weeks these shares would alert on burn rates that are no danger to the budget, so each is larger.
    /// Below a week the windows shrink with the period, rounded up to whole minutes: three days do not fit into one.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The period is shorter than <see cref="ShortestPeriod"/>.</exception>
    public static IReadOnlyList<BurnRatePair> For(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, ShortestPeriod);
        bool brief = period < TimeSpan.FromDays(14);
        TimeSpan Fit(TimeSpan window) =>
            period >= Week ? window : TimeSpan.FromMinutes((double)Math.Ceiling(window.Ticks * (decimal)period.Ticks / Week.Ticks / TimeSpan.TicksPerMinute));
        return
        [
            new(BurnSpeed.Fast, Fit(TimeSpan.FromMinutes(5)), Fit(TimeSpan.FromHours(1)), brief ? 0.08m : 0.02m),
            new(BurnSpeed.Fast, Fit(TimeSpan.FromMinutes(30)), Fit(TimeSpan.FromHours(6)), brief ? 0.125m : 0.05m),
            new(BurnSpeed.Slow, Fit(TimeSpan.FromHours(2)), Fit(TimeSpan.FromDays(1)), brief ? 0.20m : 0.10m),
            new(BurnSpeed.Slow, Fit(TimeSpan.FromHours(6)), Fit(TimeSpan.FromDays(3)), brief ? 0.42m : 0.10m),
        ];
    }
}

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
    /// <summary>Shortest period for which there are pairs.</summary>
    public static readonly TimeSpan ShortestPeriod = TimeSpan.FromDays(7);

    /// <summary>The burn rate of the pair for an SLO's period, exact.</summary>
    public decimal FactorFor(TimeSpan period) => BurnRate.Factor(BudgetShare, period, LongWindow);

    /// <summary>
    /// The four pairs for a period. From two weeks on, the shares of the Site Reliability Workbook (2, 5, 10 and 10 %: for 30 days the factors
    /// 14.4, 6, 3 and 1). Below two weeks these shares would alert on burn rates that are no danger to the budget, so each is larger.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The period is shorter than <see cref="ShortestPeriod"/>.</exception>
    public static IReadOnlyList<BurnRatePair> For(TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(period, ShortestPeriod);
        bool brief = period < TimeSpan.FromDays(14);
        return
        [
            new(BurnSpeed.Fast, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), brief ? 0.08m : 0.02m),
            new(BurnSpeed.Fast, TimeSpan.FromMinutes(30), TimeSpan.FromHours(6), brief ? 0.125m : 0.05m),
            new(BurnSpeed.Slow, TimeSpan.FromHours(2), TimeSpan.FromDays(1), brief ? 0.20m : 0.10m),
            new(BurnSpeed.Slow, TimeSpan.FromHours(6), TimeSpan.FromDays(3), brief ? 0.42m : 0.10m),
        ];
    }
}

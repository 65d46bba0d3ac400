using System.ComponentModel.DataAnnotations;

namespace Back2Code.Monitoring.Budgets;

/// <summary>The section <c>Monitoring:Budgets</c>.</summary>
internal sealed class BudgetOptions
{
    /// <summary>Figures older than this are called stale. 1 s to 1 h; the default, 2 min, is for rules that are evaluated every 15 to 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Figures older than this are not given any more: the answer is 503. Until then they are, marked as stale: a budget of 30 days does not change much in
    /// a quarter of an hour, and in an outage that takes Prometheus with it they are better than nothing. 1 s to 1 day, default 15 min.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromMinutes(15);
}

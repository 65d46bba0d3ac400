namespace Back2Code.Slo.Rules;

/// <summary>How an error budget stands.</summary>
public enum BudgetState
{
    /// <summary>At least a quarter of the budget is left and no pair of windows burns.</summary>
    Ok = 0,

    /// <summary>A ticket pair burns, or less than a quarter is left.</summary>
    Warning = 1,

    /// <summary>A page pair burns, or nothing is left.</summary>
    Critical = 2,
}

/// <summary>
/// The PromQL that reads what the generated rules of one budget record. Whoever shows a budget asks these, so that a page never says other than an alert.
/// </summary>
/// <remarks>
/// A window is named as in production (5m, 30m, 1h, 2h, 6h, 1d, 3d, and the period) whatever the time scale: in the lab <c>1h</c> lasts five seconds.
/// Every query yields one series with the labels <c>slo</c> and <c>service</c>, or none where Prometheus has no data.
/// Without a selector the metric names give all SLOs at once. Immutable.
/// </remarks>
public sealed class SloQueries
{
    /// <summary>Metric of the objective, 0 to below 1.</summary>
    public const string ObjectiveMetric = "slo:objective:ratio";

    /// <summary>Metric of the share of the budget that is left: 1 untouched, 0 spent, below 0 overspent.</summary>
    public const string RemainingMetric = "slo:error_budget_remaining:ratio";

    /// <summary>Metric of the share of the period for which there is data, 0 to 1. What was not seen counts as good.</summary>
    public const string CoverageMetric = "slo:coverage:ratio";

    /// <summary>Metric of the <see cref="BudgetState"/>: 0 ok, 1 warning, 2 critical.</summary>
    public const string StateMetric = "slo:state:level";

    private readonly string _selector;

    private SloQueries(RuleBudget budget)
    {
        Origin = budget.Slo;
        Slo = budget.Name;
        DisplayName = budget.DisplayName;
        Service = budget.Slo.Service;
        Target = budget.Objective;
        PeriodLength = budget.Period!.Value;
        Period = budget.PeriodName;
        Pairs = budget.Pairs;
        AlertNames = [.. budget.AlertNames()];
        Windows = [.. Pairs.SelectMany(p => new[] { p.ShortWindow, p.LongWindow }).Where(w => w < PeriodLength).Distinct().Order().Select(PromText.Duration), Period];
        _selector = $"{{slo=\"{budget.Name}\"}}";
    }

    /// <summary>The SLO as it was read.</summary>
    public ServiceLevelObjective Origin { get; }

    /// <summary>The value of the label <c>slo</c>.</summary>
    public string Slo { get; }

    /// <summary>For people.</summary>
    public string DisplayName { get; }

    /// <summary>The value of the label <c>service</c>.</summary>
    public string Service { get; }

    /// <summary>The objective, 0 to below 1; of a composite SLO the one that its parts amount to.</summary>
    public decimal Target { get; }

    /// <summary>Name of the budget's period, for example <c>30d</c>; a calendar window is named as in the file, for example <c>1M</c>.</summary>
    public string Period { get; }

    /// <summary>Length of the period in production. In the lab it is divided by the time scale.</summary>
    public TimeSpan PeriodLength { get; }

    /// <summary>Names of the recorded windows from the shortest to the period.</summary>
    public IReadOnlyList<string> Windows { get; }

    /// <summary>The pairs of windows that alert.</summary>
    public IReadOnlyList<BurnRatePair> Pairs { get; }

    /// <summary>Names of the alerts on this budget.</summary>
    public IReadOnlyList<string> AlertNames { get; }

    /// <summary>The objective as Prometheus knows it.</summary>
    public string Objective => ObjectiveMetric + _selector;

    /// <summary>Share of the budget that is left.</summary>
    public string Remaining => RemainingMetric + _selector;

    /// <summary>Share of the period for which there is data.</summary>
    public string Coverage => CoverageMetric + _selector;

    /// <summary>The <see cref="BudgetState"/> as a number, from the alerts' own conditions.</summary>
    public string State => StateMetric + _selector;

    /// <summary>
    /// One for each budget of the catalogue, in the order of the files: an SLO with several objectives on one indicator has several.
    /// Those for which there are no rules (<see cref="PrometheusRules.Render"/> refuses them) are left out.
    /// </summary>
    public static IReadOnlyList<SloQueries> For(SloCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        return [.. RuleBudget.Of(catalogue).Where(b => b.Period >= BurnRatePair.ShortestPeriod).Select(b => new SloQueries(b))];
    }

    /// <summary>How recordings name a window, for example <c>1h</c> or <c>3d</c>.</summary>
    public static string WindowName(TimeSpan window) => PromText.Duration(window);

    /// <summary>Good events in the window.</summary>
    public string Good(string window) => GoodMetric(window) + _selector;

    /// <summary>All events in the window.</summary>
    public string Total(string window) => TotalMetric(window) + _selector;

    /// <summary>Share of bad events in the window, 0 to 1; 0 when there were none.</summary>
    public string ErrorRatio(string window) => ErrorRatioMetric(window) + _selector;

    /// <summary>How fast the budget burns in the window: 1 spends it exactly over the period.</summary>
    public string BurnRate(string window) => BurnRateMetric(window) + _selector;

    /// <summary>Metric of <see cref="Good"/>, for example <c>slo:good:increase1h</c>.</summary>
    public static string GoodMetric(string window) => "slo:good:increase" + window;

    /// <summary>Metric of <see cref="Total"/>, for example <c>slo:total:increase1h</c>.</summary>
    public static string TotalMetric(string window) => "slo:total:increase" + window;

    /// <summary>Metric of <see cref="ErrorRatio"/>, for example <c>slo:errors:ratio_rate1h</c>.</summary>
    public static string ErrorRatioMetric(string window) => "slo:errors:ratio_rate" + window;

    /// <summary>Metric of <see cref="BurnRate"/>, for example <c>slo:burn_rate:ratio1h</c>.</summary>
    public static string BurnRateMetric(string window) => "slo:burn_rate:ratio" + window;
}

using System.Globalization;
using Back2Code.Slo.Rules;

namespace Back2Code.Slo;

/// <summary>One budget with its windows and counts, ready to be written.</summary>
internal sealed class BudgetPlan
{
    private readonly HashSet<string> _weighed;
    private readonly string _firstLong;

    public BudgetPlan(RuleBudget budget, RuleOptions options)
    {
        Budget = budget;
        Period = budget.Period!.Value;
        Labels = [new("slo", budget.Name), new("service", budget.Slo.Service)];

        var lookbacks = budget.BreachingPolicies().Select(p => p.Condition.LookbackWindow.Length!.Value).ToList();
        Windows = new WindowPlan(
            options, [.. budget.Pairs.SelectMany(p => new[] { p.ShortWindow, p.LongWindow }), .. lookbacks], Period, budget.PeriodName, IsCalendar);
        TimeSpan firstLong = budget.Pairs.Min(p => p.LongWindow);
        _firstLong = PromText.Duration(firstLong);
        _weighed = [.. budget.Pairs.Select(p => p.LongWindow).Concat(lookbacks.Where(l => l >= firstLong)).Select(PromText.Duration), Windows.Period.Name];
        Parts = [.. budget.Parts.Select((_, i) => new PartCounts(budget, i, Windows))];
    }

    public RuleBudget Budget { get; }

    public TimeSpan Period { get; }

    public WindowPlan Windows { get; }

    public IReadOnlyList<PartCounts> Parts { get; }

    public KeyValuePair<string, string>[] Labels { get; }

    public bool IsCalendar => !Budget.Slo.Window.IsRolling;

    /// <summary>Where good events can outnumber all events.</summary>
    public (string Good, string Total) ExcessSeries
    {
        get
        {
            string prefix = Budget.IsComposite ? "slo:part_" : "slo:";
            return Budget.Slo.BudgetingMethod != BudgetingMethod.Occurrences
                ? (prefix + "slice_good", prefix + "slice_total")
                : ($"{prefix}good:increase{_firstLong}", $"{prefix}total:increase{_firstLong}");
        }
    }

    /// <summary>The window is recorded: a rolling one, or the calendar period.</summary>
    public bool Has(string window) => Windows.Period.Name == window || Windows.Find(window) is not null;

    /// <summary>Whether idle time in the window lowers its burn rate. Not so for the pairs' short windows: they would be slower after a pause.</summary>
    public bool IsWeighed(string window) => _weighed.Contains(window);

    public string Own(string metric) => $"{metric}{{slo=\"{Budget.Name}\"}}";

    /// <summary>When the pairs of a speed burn; empty when there are none. The same text means that one rule serves both budgets.</summary>
    public string Condition(BurnSpeed speed, int minimumBadEvents, string scope)
    {
        // A slice is a judgement on many events already: one bad slice is no stray failure.
        bool countsEvents = minimumBadEvents > 0 && Budget.Slo.BudgetingMethod == BudgetingMethod.Occurrences;
        return string.Join("\nor\n", Budget.Pairs.Where(p => p.Speed == speed).Select(pair =>
        {
            string brief = PromText.Duration(pair.ShortWindow), extended = PromText.Duration(pair.LongWindow), factor = PromText.Number(pair.FactorFor(Period));
            string enough = countsEvents
                ? $"\n  and {SloQueries.TotalMetric(extended)}{scope} - {SloQueries.GoodMetric(extended)}{scope} >= {minimumBadEvents.ToString(CultureInfo.InvariantCulture)}"
                : "";
            return $"(\n  {SloQueries.BurnRateMetric(brief)}{scope} > {factor}\n  and {SloQueries.BurnRateMetric(extended)}{scope} > {factor}{enough}\n)";
        }));
    }
}

namespace Back2Code.Monitoring.Budgets;

/// <summary>An objective with the figures that tell at a glance how it stands; <c>…/budget</c> has all of them.</summary>
public sealed record SloView(
    string Name,
    string DisplayName,
    string Service,
    string Description,
    decimal Objective,
    string Period,
    string State,
    double? Remaining,
    double? BurnRate,
    double? TimeToExhaustionSeconds,
    double? Coverage,
    double? Events,
    DateTimeOffset? AsOf,
    bool Stale)
{
    internal static SloView From(BudgetView budget, string description) => new(
        budget.Name,
        budget.DisplayName,
        budget.Service,
        description,
        budget.Objective,
        budget.Period,
        budget.State,
        budget.Budget.Remaining,
        budget.BurnRates.FirstOrDefault(w => w.Window == budget.Pairs[0].LongWindow)?.Rate,
        budget.TimeToExhaustionSeconds,
        budget.Coverage.Ratio,
        budget.Events.Total,
        budget.AsOf,
        budget.Stale);
}

/// <summary>All objectives.</summary>
/// <param name="Items">In the order of the files.</param>
/// <param name="Stale">True: at least one has no current figures.</param>
/// <param name="Note">Why figures are stale, for people; null when none is.</param>
public sealed record SloList(IReadOnlyList<SloView> Items, bool Stale, string? Note);

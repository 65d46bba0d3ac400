using Back2Code.Slo;
using Back2Code.Slo.Rules;

namespace Back2Code.Monitoring.Budgets;

/// <summary>An error budget as clients see it. What Prometheus has no data for is null, never zero.</summary>
/// <param name="Name">Of the SLO.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Service">Whose it is.</param>
/// <param name="Objective">Share of events that must be good, 0 to below 1.</param>
/// <param name="Period">Name of the budget's period, as in production.</param>
/// <param name="PeriodSeconds">Its real length here: the lab divides time.</param>
/// <param name="State"><c>ok</c>, <c>warning</c>, <c>critical</c>, or <c>unknown</c>: there is no data.</param>
/// <param name="Events">Counted over the part of the period that has data.</param>
/// <param name="Budget">What may fail, and what did.</param>
/// <param name="BurnRates">From the shortest window to the period.</param>
/// <param name="Pairs">The pairs of windows that alert.</param>
/// <param name="Alerts">Names of the alerts on this budget; each has a runbook.</param>
/// <param name="TimeToExhaustionSeconds">When the budget is gone at the pace of the last hour; 0 when it is, null when it does not burn.</param>
/// <param name="Coverage">How much of the period has data.</param>
/// <param name="AsOf">When the figures were recorded; null when there are none.</param>
/// <param name="AgeSeconds">How long ago that was.</param>
/// <param name="Stale">True: these are the last known figures, and newer ones should exist.</param>
public sealed record BudgetView(
    string Name,
    string DisplayName,
    string Service,
    decimal Objective,
    string Period,
    double PeriodSeconds,
    string State,
    BudgetEventsView Events,
    BudgetAmountView Budget,
    IReadOnlyList<BurnRateView> BurnRates,
    IReadOnlyList<BurnRatePairView> Pairs,
    IReadOnlyList<string> Alerts,
    double? TimeToExhaustionSeconds,
    BudgetCoverageView Coverage,
    DateTimeOffset? AsOf,
    double? AgeSeconds,
    bool Stale)
{
    internal const string Unknown = "unknown";

    internal static BudgetView From(SloQueries slo, BudgetFigures figures, double timeScale, DateTimeOffset now, TimeSpan staleAfter)
    {
        double period = slo.PeriodLength.TotalSeconds / timeScale;
        double? consumed = 1 - figures.Remaining;
        double? age = figures.RecordedAt is { } at ? Math.Max(0, (now - at).TotalSeconds) : null;
        double? bad = figures.Total - figures.Good;
        return new BudgetView(
            slo.Slo,
            slo.DisplayName,
            slo.Service,
            slo.Target,
            slo.Period,
            period,
            TextOf(figures.State),
            new BudgetEventsView(figures.Total, figures.Good, bad is { } b ? Math.Max(0, b) : null),
            new BudgetAmountView(figures.Total * (double)BurnRate.Budget(slo.Target), consumed, figures.Remaining),
            [.. slo.Windows.Select(w => new BurnRateView(w, figures.BurnRates.TryGetValue(w, out double rate) ? rate : null))],
            [.. slo.Pairs.Select(p => Pair(p, slo, figures))],
            slo.AlertNames,
            Exhaustion(figures, period, slo),
            new BudgetCoverageView(figures.Coverage, figures.Coverage * period),
            figures.RecordedAt,
            age,
            age is null || age > staleAfter.TotalSeconds);
    }

    private static string TextOf(BudgetState? state) => state switch
    {
        BudgetState.Ok => "ok",
        BudgetState.Warning => "warning",
        BudgetState.Critical => "critical",
        _ => Unknown,
    };

    private static BurnRatePairView Pair(BurnRatePair pair, SloQueries slo, BudgetFigures figures)
    {
        string brief = SloQueries.WindowName(pair.ShortWindow), extended = SloQueries.WindowName(pair.LongWindow);
        decimal factor = pair.FactorFor(slo.PeriodLength);
        bool? burns = figures.BurnRates.TryGetValue(brief, out double now) && figures.BurnRates.TryGetValue(extended, out double long_)
            ? now > (double)factor && long_ > (double)factor
            : null;
        return new BurnRatePairView(pair.Speed == BurnSpeed.Fast ? "page" : "ticket", brief, extended, factor, burns);
    }

    private static double? Exhaustion(BudgetFigures figures, double periodSeconds, SloQueries slo)
    {
        if (figures.Remaining <= 0)
        {
            return 0;
        }

        // The hour of the page pair: the five minutes before it jump about, the day after it forgets what began just now.
        string hour = SloQueries.WindowName(slo.Pairs[0].LongWindow);
        return figures.Remaining is { } remaining && figures.BurnRates.TryGetValue(hour, out double rate) && rate > 0 ? remaining / rate * periodSeconds : null;
    }
}

/// <summary>Events over the part of the period that has data.</summary>
public sealed record BudgetEventsView(double? Total, double? Good, double? Bad);

/// <summary>The budget itself.</summary>
/// <param name="Allowed">How many of the events so far may be bad.</param>
/// <param name="Consumed">Share of the period's budget that is spent; more than 1 when it is overspent. The part of the period without data counts as good.</param>
/// <param name="Remaining">Share that is left: 1 - consumed.</param>
public sealed record BudgetAmountView(double? Allowed, double? Consumed, double? Remaining);

/// <summary>How fast the budget burns in a window; 1 spends it exactly over the period.</summary>
public sealed record BurnRateView(string Window, double? Rate);

/// <summary>Two windows that alert when both burn faster than the threshold.</summary>
/// <param name="Speed"><c>page</c> (somebody is woken) or <c>ticket</c>.</param>
/// <param name="ShortWindow">Name of the short window.</param>
/// <param name="LongWindow">Name of the long window.</param>
/// <param name="Threshold">Burn rate from which both must be.</param>
/// <param name="Exceeded">Whether both are above it now; null without data. The alert also wants a minimum of failed events.</param>
public sealed record BurnRatePairView(string Speed, string ShortWindow, string LongWindow, decimal Threshold, bool? Exceeded);

/// <summary>How much of the period has data.</summary>
public sealed record BudgetCoverageView(double? Ratio, double? Seconds);

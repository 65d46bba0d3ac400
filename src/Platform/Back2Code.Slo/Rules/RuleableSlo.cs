namespace Back2Code.Slo;

/// <summary>What a valid OpenSLO object must fulfil in addition for Prometheus rules to express it.</summary>
internal static class RuleableSlo
{
    private static readonly TimeSpan LongestSlice = TimeSpan.FromHours(1);

    public static void Check(SloCatalogue catalogue, RuleOptions options, SloFileErrors errors)
    {
        var names = new Dictionary<string, RuleBudget>(StringComparer.Ordinal);
        foreach (ServiceLevelObjective slo in catalogue.Objectives)
        {
            bool hasPeriod = CheckWindow(slo, errors);
            foreach (RuleBudget budget in RuleBudget.Of(slo))
            {
                CheckBudget(budget, hasPeriod, options, errors);
                if (!names.TryAdd(PromText.Pascal(budget.Name), budget))
                {
                    RuleBudget first = names[PromText.Pascal(budget.Name)];
                    errors.Add(slo.Source, $"'{budget.Name}' gives alerts of the same names as '{first.Name}' at {first.Slo.Source.File}:{first.Slo.Source.Line}; rename one (or give its objectives other displayNames)");
                }
            }
        }
    }

    private static void CheckBudget(RuleBudget budget, bool hasPeriod, RuleOptions options, SloFileErrors errors)
    {
        foreach (BudgetPart part in budget.Parts)
        {
            CheckIndicator(part.Indicator, errors);
            CheckSlices(part.Target, errors);
        }

        if (!hasPeriod)
        {
            return;
        }

        CheckPairs(budget, errors);
        foreach (SloAlertPolicy policy in budget.Slo.AlertPolicies)
        {
            CheckCondition(budget, policy.Condition, errors);
        }

        if (errors.Any)
        {
            return;
        }

        if (budget.AlertNames().GroupBy(n => n).FirstOrDefault(n => n.Count() > 1) is { } twice)
        {
            errors.Add(budget.Slo.Source, $"the alert {twice.Key} would exist twice; give the AlertCondition another name");
        }

        TimeSpan evaluation = options.EvaluationInterval ?? options.ScrapeInterval;
        var plan = new WindowPlan(options, budget.Pairs.Select(p => p.ShortWindow), budget.Period!.Value, budget.PeriodName, isCalendar: !budget.Slo.Window.IsRolling);
        if (evaluation > plan.Shortest.Length)
        {
            errors.Add(budget.Slo.Source, $"rules evaluated every {PromText.Duration(evaluation)} would miss events of the shortest window; evaluate more often");
        }
    }

    private static bool CheckWindow(ServiceLevelObjective slo, SloFileErrors errors)
    {
        SloWindow window = slo.Window;
        if (window.IsRolling && window.Duration.Length is null)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': a rolling window of {window.Duration} has no fixed length; use days or weeks, for example 30d, or a calendar");
            return false;
        }

        if (RuleBudget.Of(slo).First().Period < BurnRatePair.ShortestPeriod)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': the window {window.Duration} is shorter than 1d; its shortest alert window would be below a minute");
            return false;
        }

        if (!window.IsRolling && !CalendarClock.CanExpress(window))
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': calendar windows of months begin on a day that every month has; startTime may be on the 1st to the 28th");
            return false;
        }

        return true;
    }

    private static void CheckIndicator(ServiceLevelIndicator indicator, SloFileErrors errors)
    {
        foreach (MetricSource source in new[] { indicator.Good, indicator.Bad, indicator.Total, indicator.Raw, indicator.Threshold }.OfType<MetricSource>())
        {
            if (!source.IsPrometheus)
            {
                errors.Add(source.Source, $"metricSource of type '{source.Type}': rules need type prometheus");
            }
            else if (indicator.IsCounter && indicator.Total is not null ? !CounterSelector.IsValid(source.Query) : !PromExpression.IsWhole(source.Query))
            {
                errors.Add(source.Source, $"the query '{source.Query}' is not {(indicator.Total is not null && indicator.IsCounter ? CounterSelector.Allowed : PromExpression.Allowed)}");
            }
        }
    }

    private static void CheckSlices(SloTarget target, SloFileErrors errors)
    {
        if (target.TimeSliceWindow is { } slice && !(slice.Length <= LongestSlice))
        {
            errors.Add(target.Source, $"timeSliceWindow {slice} is longer than 1h: the alerts' short windows would not hold a single slice; use 1h or less");
        }
    }

    private static void CheckPairs(RuleBudget budget, SloFileErrors errors)
    {
        TimeSpan period = budget.Period!.Value;
        foreach (BurnRatePair pair in budget.Pairs)
        {
            string what = $"the pair {PromText.Duration(pair.ShortWindow)}/{PromText.Duration(pair.LongWindow)}";
            if (pair.LongWindow >= period)
            {
                errors.Add(budget.Slo.Source, $"SLO '{budget.Name}': {what} is not shorter than the window {budget.Slo.Window.Duration}");
                continue;
            }

            CheckReachable(pair.FactorFor(period), what, budget, errors);
        }
    }

    private static void CheckCondition(RuleBudget budget, SloAlertCondition condition, SloFileErrors errors)
    {
        CheckReachable(condition.Threshold, $"the AlertCondition '{condition.Name}'", budget, errors);
        if (condition.LookbackWindow.Length is not { } lookback || lookback > budget.Period)
        {
            errors.Add(condition.Source, $"AlertCondition '{condition.Name}': lookbackWindow {condition.LookbackWindow} must have a fixed length of at most {budget.Slo.Window.Duration}");
        }

        if (condition.AlertAfter.Length is null)
        {
            errors.Add(condition.Source, $"AlertCondition '{condition.Name}': alertAfter {condition.AlertAfter} has no fixed length; use m, h, d or w");
        }
    }

    private static void CheckReachable(decimal factor, string what, RuleBudget budget, SloFileErrors errors)
    {
        if (!BurnRate.CanFire(factor, budget.Objective))
        {
            SourceLine at = budget.IsComposite ? budget.Slo.Source : budget.Parts[0].Target.Source;
            errors.Add(at,
                $"with target {PromText.Number(budget.Objective)} {what} can never fire: burn rate {PromText.Number(factor)} needs an error ratio of "
                + $"{PromText.Percent(BurnRate.ErrorRatioAt(factor, budget.Objective))}; the target must be above {PromText.Number(Math.Max(0, 1 - (1 / factor)))}, "
                + $"or the annotation {AlertWindowsText.Annotation} must name other pairs");
        }
    }
}

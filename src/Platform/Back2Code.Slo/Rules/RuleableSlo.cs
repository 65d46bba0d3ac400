namespace Back2Code.Slo;

/// <summary>What a valid OpenSLO object must fulfil in addition for Prometheus rules to express it.</summary>
internal static class RuleableSlo
{
    public static void Check(ServiceLevelObjective slo, RuleOptions options, SloFileErrors errors)
    {
        if (slo.BudgetingMethod != BudgetingMethod.Occurrences)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': no rules yet for budgetingMethod {slo.BudgetingMethod}; use Occurrences");
        }

        if (slo.Indicator is not { } indicator)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': no rules yet for composite SLOs; give it one indicator");
            return;
        }

        if (slo.Targets.Count != 1)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': no rules yet for {slo.Targets.Count} objectives; write one SLO for each");
        }

        CheckIndicator(indicator, errors);
        CheckWindow(slo, options, errors);
    }

    private static void CheckIndicator(ServiceLevelIndicator indicator, SloFileErrors errors)
    {
        if (indicator.Total is null)
        {
            errors.Add(indicator.Source, $"SLI '{indicator.Name}': rules need a ratioMetric of counts (good and total, or bad and total)");
            return;
        }

        if (!indicator.IsCounter)
        {
            errors.Add(indicator.Source, $"SLI '{indicator.Name}': rules need 'counter: true', metrics that only grow");
        }

        foreach (MetricSource source in new[] { indicator.Good, indicator.Bad, indicator.Total }.OfType<MetricSource>())
        {
            if (!source.IsPrometheus)
            {
                errors.Add(source.Source, $"metricSource of type '{source.Type}': rules need type prometheus");
            }
            else if (!CounterSelector.IsValid(source.Query))
            {
                errors.Add(source.Source, $"the query '{source.Query}' is not {CounterSelector.Allowed}");
            }
        }
    }

    private static void CheckWindow(ServiceLevelObjective slo, RuleOptions options, SloFileErrors errors)
    {
        if (!slo.Window.IsRolling)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': no rules yet for calendar windows; use isRolling: true");
            return;
        }

        if (slo.Window.Duration.Length is not { } period)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': the window {slo.Window.Duration} has no fixed length; use days or weeks, for example 30d");
            return;
        }

        if (period < BurnRatePair.ShortestPeriod)
        {
            errors.Add(slo.Source, $"SLO '{slo.Name}': the window {slo.Window.Duration} is shorter than 7d; the burn-rate alerts look back up to 3d");
            return;
        }

        foreach (SloTarget target in slo.Targets)
        {
            foreach (BurnRatePair pair in BurnRatePair.For(period))
            {
                CheckReachable(pair.FactorFor(period), $"the pair {PromText.Duration(pair.ShortWindow)}/{PromText.Duration(pair.LongWindow)}", target, errors);
            }

            foreach (SloAlertCondition condition in slo.AlertPolicies.Select(p => p.Condition))
            {
                CheckReachable(condition.Threshold, $"the AlertCondition '{condition.Name}'", target, errors);
                if (condition.LookbackWindow.Length is not { } lookback || lookback > period)
                {
                    errors.Add(condition.Source, $"AlertCondition '{condition.Name}': lookbackWindow {condition.LookbackWindow} must have a fixed length of at most {slo.Window.Duration}");
                }

                if (condition.AlertAfter.Length is null)
                {
                    errors.Add(condition.Source, $"AlertCondition '{condition.Name}': alertAfter {condition.AlertAfter} has no fixed length; use m, h, d or w");
                }
            }
        }

        foreach (SloAlertPolicy policy in slo.AlertPolicies.Where(p => p.WhenNoData))
        {
            errors.Add(slo.Source, $"AlertPolicy '{policy.Name}': no rules yet for alertWhenNoData; set it to false");
        }

        TimeSpan evaluation = options.EvaluationInterval ?? options.ScrapeInterval;
        if (evaluation > new WindowPlan(options, [TimeSpan.FromMinutes(5)]).Base.Length)
        {
            errors.Add(slo.Source, $"rules evaluated every {PromText.Duration(evaluation)} would miss events of the shortest window; evaluate more often");
        }
    }

    private static void CheckReachable(decimal factor, string what, SloTarget target, SloFileErrors errors)
    {
        if (!BurnRate.CanFire(factor, target.Target))
        {
            errors.Add(target.Source,
                $"with target {PromText.Number(target.Target)} {what} can never fire: burn rate {PromText.Number(factor)} needs an error ratio of "
                + $"{PromText.Percent(BurnRate.ErrorRatioAt(factor, target.Target))}; the target must be above {PromText.Number(Math.Max(0, 1 - (1 / factor)))}");
        }
    }
}

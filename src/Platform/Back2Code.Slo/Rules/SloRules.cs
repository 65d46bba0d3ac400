using System.Globalization;
using Back2Code.Slo.Rules;

namespace Back2Code.Slo;

/// <summary>
/// The rules of all budgets. What differs between them (which events are counted, alerts' names) is a rule of each; what is the same arithmetic for all is one
/// rule over all series, because a rule costs Prometheus the same whether it yields one series or a thousand.
/// <para>
/// Short windows and alerts are in one group: Prometheus runs a group's rules one after the other at one time stamp, so an alert sees what its recordings saw,
/// and never lags a round behind. Long windows move slowly and cost more, so a group of their own is evaluated less often; in the lab, where all windows are
/// short, it is the same group.
/// </para>
/// </summary>
/// <remarks>
/// Counts are recorded and divided at the end, so that ratios weigh by volume and idle time weighs nothing. <see cref="SloQueries"/> names the results.
/// <para>
/// A window that was idle, or not yet scraped, for part of its length counts for the rest only: <c>slo:active:ratioW</c> is the share of it that saw traffic,
/// and the long window's burn rate is multiplied by it. Otherwise three slow first requests after a night without traffic would be
/// "100 % errors over three days".
/// </para>
/// </remarks>
internal sealed class SloRules
{
    private const string Base = "5m";
    private const string Share = "slo:error_budget:ratio";
    private const string Page = "slo:page:burn_rate";
    private const string Ticket = "slo:ticket:burn_rate";
    private const string Absent = "slo:absent:watched";
    private const string Excess = "slo:excess:count";
    private const string Active = "slo:active";
    private const string Watched = "slo:watched";

    /// <summary>Evaluations that must have been made without a break before the absence of a metric is an alert.</summary>
    private const int WatchedEvaluations = 60;

    private static readonly KeyValuePair<string, string>[] NoLabels = [];

    private readonly RuleOptions _options;
    private readonly IReadOnlyList<BudgetPlan> _all;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _step;

    public SloRules(IEnumerable<RuleBudget> budgets, RuleOptions options)
    {
        _options = options;
        _all = [.. budgets.Select(b => new BudgetPlan(b, options))];
        (_interval, _step) = WindowPlan.Intervals(options);
    }

    private bool IsSplit => _step > _interval;

    private string ActiveStep => IsSplit ? "slo:active:step" : "slo:active:bool";

    private List<BudgetPlan> Composites => [.. _all.Where(b => b.Budget.IsComposite)];

    public void Append(RuleFile file)
    {
        if (_all.Count == 0)
        {
            return;
        }

        file.Group("slo", _interval);
        foreach (BudgetPlan budget in _all)
        {
            Promises(file, budget);
        }

        // 1 - 0.995 is a hair more than 0.005 in binary.
        file.Record(Share, $"round(1 - {SloQueries.ObjectiveMetric}, 1e-12)", NoLabels);

        Counts(file);
        file.Record("slo:active:bool", $"{SloQueries.TotalMetric(Base)} > bool 0", NoLabels);
        Ratios(file, Windows(w => !w.IsChained));
        if (IsSplit)
        {
            Verdicts(file);
            Alerts(file);
            file.Group("slo:long", _step);
            LongWindows(file);
            return;
        }

        LongWindows(file);
        Verdicts(file);
        Alerts(file);
    }

    private static void Promises(RuleFile file, BudgetPlan plan)
    {
        RuleBudget budget = plan.Budget;
        file.Record(SloQueries.ObjectiveMetric, $"vector({PromText.Number(budget.Objective)})", plan.Labels);
        for (int i = 0; budget.IsComposite && i < budget.Parts.Count; i++)
        {
            KeyValuePair<string, string>[] labels = [.. plan.Labels, new("objective", (i + 1).ToString(CultureInfo.InvariantCulture))];
            file.Record("slo:part:weight", $"vector({PromText.Number(budget.Parts[i].Weight)})", labels);
            file.Record("slo:part:budget", $"vector({PromText.Number(BurnRate.Budget(budget.Parts[i].Target.Target))})", labels);
        }
    }

    /// <summary>The counts of the windows that are read from what was scraped.</summary>
    private void Counts(RuleFile file)
    {
        foreach (BudgetPlan plan in _all)
        {
            foreach (PartCounts part in plan.Parts)
            {
                part.Samples(file);
                foreach (RuleWindow window in plan.Windows.Rolling.Where(w => !w.IsChained && !plan.Windows.IsCopy(w)))
                {
                    part.Raw(file, window);
                }
            }
        }

        foreach (string name in Windows(w => !w.IsChained))
        {
            ForEachCount(With(name).Where(b => b.Windows.IsCopy(b.Windows.Named(name))), (count, scope) => file.Record(count + name, count + Base + scope, NoLabels));
            WholeCounts(file, name);
        }
    }

    private void LongWindows(RuleFile file)
    {
        foreach (BudgetPlan plan in _all.Where(b => b.IsCalendar))
        {
            file.Record("slo:window:index", CalendarClock.Index(plan.Budget.Slo.Window, plan.Period, _options), plan.Labels);
        }

        Steps(file);
        foreach (string name in Windows(w => w.IsChained))
        {
            RuleWindow window = With(name).First().Windows.Named(name);
            ForEachCount(With(name), (count, scope) => file.Record(count + name, WindowChain.Sum(Counted(count), Step(count), scope, window), NoLabels));
            WholeCounts(file, name);
        }

        foreach (BudgetPlan plan in _all.Where(b => b.IsCalendar))
        {
            Calendar(file, plan);
        }

        Ratios(file, [.. Windows(w => w.IsChained), .. _all.Where(b => b.IsCalendar).Select(b => b.Windows.Period.Name).Distinct().Except(Windows(w => w.IsChained))]);
        foreach (IGrouping<string, BudgetPlan> period in _all.GroupBy(b => b.Windows.Period.Name))
        {
            RuleWindow window = period.First().Windows.Period;
            List<BudgetPlan> rolling = [.. period.Where(b => !b.IsCalendar)];
            if (rolling.Count > 0)
            {
                string scope = Scope(rolling), watched = window.Source == WindowSource.Blocks
                    ? WindowChain.Sum(Watched, "", scope, window)
                    : $"count_over_time({ActiveStep}{scope}[{window.SumRange}])";
                file.Record(SloQueries.CoverageMetric, $"clamp_max({watched} / {Samples(window, _step)}, 1)", NoLabels);
            }

            file.Record(SloQueries.RemainingMetric, $"1 - {SloQueries.BurnRateMetric(period.Key)}{Scope(period)}", NoLabels);
        }
    }

    private void Steps(RuleFile file)
    {
        var chain = new WindowChain(file, _all[0].Windows.Block);
        if (IsSplit)
        {
            file.Record("slo:active:step", "slo:active:bool", NoLabels);
        }

        foreach (PartCounts part in _all.SelectMany(b => b.Parts))
        {
            part.Step(file);
        }

        // A composite's parts may be of both kinds; the rule is about those that have readings.
        foreach (IGrouping<string, BudgetPlan> same in _all.Where(b => b.Parts.Any(p => !p.IsSampled)).GroupBy(b => b.Windows.Witness.Name))
        {
            RuleWindow witness = same.First().Windows.Witness;
            ForEachCount(same, (count, scope) => chain.Step(Counted(count), count + witness.Name + scope, witness, scope));
        }

        List<BudgetPlan> blocked = [.. _all.Where(b => b.Windows.Rolling.Any(w => w.Source == WindowSource.Blocks))];
        if (blocked.Count > 0)
        {
            chain.BlockBegin();
            ForEachCount(blocked, (count, scope) => chain.Block(Counted(count), Step(count) + scope, scope));
            chain.Block(Active, ActiveStep + Scope(blocked), Scope(blocked));
            chain.Block(Watched, $"({ActiveStep}{Scope(blocked)} >= bool 0)", Scope(blocked));
        }
    }

    private void Calendar(RuleFile file, BudgetPlan plan)
    {
        RuleWindow window = plan.Windows.Period;
        string slo = plan.Budget.Name;
        foreach (PartCounts part in plan.Parts)
        {
            part.Calendar(file, window, series => CalendarWindow.Sum(series, slo, window));
        }

        if (plan.Budget.IsComposite)
        {
            file.Record(SloQueries.TotalMetric(window.Name), $"sum by (slo, service) ({plan.Own("slo:part_total:increase" + window.Name)})", NoLabels);
            file.Record(SloQueries.GoodMetric(window.Name), $"sum by (slo, service) ({plan.Own("slo:part_good:increase" + window.Name)})", NoLabels);
        }

        file.Record("slo:active:calendar_step", CalendarWindow.Marked(plan.Own(ActiveStep), slo), plan.Labels);
        string active = CalendarWindow.Sum(plan.Own("slo:active:calendar_step"), slo, window), samples = Samples(window, _step);
        file.Record("slo:active:ratio" + window.Name, $"clamp_max({active} / {samples}, 1)", plan.Labels);
        file.Record(
            SloQueries.CoverageMetric, $"clamp_max({active.Replace("sum_over_time", "count_over_time", StringComparison.Ordinal)} / {samples}, 1)", plan.Labels);
    }

    /// <summary>In a composite SLO the parts' counts together.</summary>
    private void WholeCounts(RuleFile file, string window)
    {
        List<BudgetPlan> composites = [.. With(window).Where(b => b.Budget.IsComposite)];
        if (composites.Count > 0)
        {
            string scope = Scope(composites, Composites);
            file.Record(SloQueries.TotalMetric(window), $"sum by (slo, service) (slo:part_total:increase{window}{scope})", NoLabels);
            file.Record(SloQueries.GoodMetric(window), $"sum by (slo, service) (slo:part_good:increase{window}{scope})", NoLabels);
        }
    }

    private void Ratios(RuleFile file, IEnumerable<string> windows)
    {
        foreach (string name in windows)
        {
            List<BudgetPlan> having = [.. _all.Where(b => b.Has(name))];
            List<BudgetPlan> simple = [.. having.Where(b => !b.Budget.IsComposite)], composites = [.. having.Where(b => b.Budget.IsComposite)];
            if (simple.Count > 0)
            {
                string total = SloQueries.TotalMetric(name) + Scope(simple), good = SloQueries.GoodMetric(name) + Scope(simple);
                file.Record(SloQueries.ErrorRatioMetric(name), $"{Ratio(total, good)} or {total} * 0", NoLabels);
            }

            if (composites.Count > 0)
            {
                CompositeRatio(file, name, composites);
            }

            Burns(file, name, having);
        }
    }

    private static string Ratio(string total, string good) => $"clamp(({total} - {good}) / ({total} > 0), 0, 1)";

    /// <summary>The parts' burn rates, averaged by weight over the parts that had events, as the error ratio that burns the whole budget as fast.</summary>
    private void CompositeRatio(RuleFile file, string window, List<BudgetPlan> composites)
    {
        string scope = Scope(composites, Composites), burns = "slo:part_burn_rate:ratio" + window;
        file.Record(burns, $"{Ratio("slo:part_total:increase" + window + scope, "slo:part_good:increase" + window + scope)} / slo:part:budget", NoLabels);
        string mean = $"sum by (slo, service) ({burns} * slo:part:weight) / sum by (slo, service) (slo:part:weight and {burns})";
        file.Record(SloQueries.ErrorRatioMetric(window), $"{mean} * {Share} or {SloQueries.TotalMetric(window)}{Scope(composites)} * 0", NoLabels);
    }

    private void Burns(RuleFile file, string name, List<BudgetPlan> having)
    {
        List<BudgetPlan> weighed = [.. having.Where(b => b.IsWeighed(name))], plain = [.. having.Except(weighed)], rolling = [.. weighed.Where(b => b.Windows.Find(name) is not null)];
        string ratio = SloQueries.ErrorRatioMetric(name), active = "slo:active:ratio" + name;
        if (rolling.Count > 0)
        {
            // The mean over the whole window, also over the part for which there is no sample: what was not seen counts as nothing, exactly as
            // rate() has it. (avg_over_time would divide by the samples that exist.)
            RuleWindow window = rolling[0].Windows.Named(name);
            string sum = WindowChain.Sum(Active, window.IsChained ? ActiveStep : "slo:active:bool", Scope(rolling), window);
            file.Record(active, $"clamp_max({sum} / {Samples(window, window.IsChained ? _step : _interval)}, 1)", NoLabels);
        }

        if (weighed.Count > 0)
        {
            file.Record(SloQueries.BurnRateMetric(name), $"{ratio}{Scope(weighed, having)} * {active} / {Share}", NoLabels);
        }

        if (plain.Count > 0)
        {
            file.Record(SloQueries.BurnRateMetric(name), $"{ratio}{Scope(plain, having)} / {Share}", NoLabels);
        }
    }

    private static string Samples(RuleWindow window, TimeSpan interval) => PromText.Number(window.Length.Ticks / (decimal)interval.Ticks);

    /// <summary>What alerts and people are told: recorded once, read by both, so that they cannot disagree.</summary>
    private void Verdicts(RuleFile file)
    {
        foreach ((BurnSpeed speed, string metric) in new[] { (BurnSpeed.Fast, Page), (BurnSpeed.Slow, Ticket) })
        {
            foreach (IGrouping<string, BudgetPlan> same in _all.GroupBy(b => b.Condition(speed, _options.MinimumBadEvents, scope: "")).Where(g => g.Key.Length > 0))
            {
                file.Record(metric, same.First().Condition(speed, _options.MinimumBadEvents, Scope(same)), NoLabels);
            }
        }

        string remaining = SloQueries.RemainingMetric;
        file.Record(
            SloQueries.StateMetric,
            $"""
            ({Page} or {remaining} <= 0) * 0 + {Text((int)BudgetState.Critical)}
            or ({Ticket} or {remaining} < 0.25) * 0 + {Text((int)BudgetState.Warning)}
            or {remaining} * 0
            """,
            NoLabels);

        // Absence is not success. It counts after the rules have watched for a while without a break: when the platform has just started, some
        // process may not be up yet, and whether one is down is not this alert's to say.
        string watched = $"count_over_time({SloQueries.ObjectiveMetric}[{PromText.Duration(_interval * WatchedEvaluations)}]) >= {PromText.Number(WatchedEvaluations * 0.95m)}";
        if (_all.Any(b => !b.Budget.IsComposite))
        {
            file.Record(Absent, $"{watched} unless {SloQueries.TotalMetric(Base)}", NoLabels);
        }

        if (Composites.Count > 0)
        {
            file.Record("slo:part_absent:watched", $"slo:part:weight and on (slo) ({watched}) unless slo:part_total:increase{Base}", NoLabels);
        }

        foreach (IGrouping<(string Good, string Total), BudgetPlan> same in _all.Where(b => b.Budget.HasRatio).GroupBy(b => b.ExcessSeries))
        {
            string scope = Scope(same, same.First().Budget.IsComposite ? Composites : _all), good = same.Key.Good + scope, total = same.Key.Total + scope;

            // Counters that are read a moment apart, and Prometheus' extrapolation, differ by less than 2 %.
            string Above(string excess) => $"({excess} > 0.02 * {total} and {excess} >= {Text(Math.Max(1, _options.MinimumBadEvents))})";
            file.Record(Excess, $"{Above($"{good} - {total}")} or {Above($"0 - {good}")}", NoLabels);
        }
    }

    private void Alerts(RuleFile file)
    {
        foreach (BudgetPlan plan in _all)
        {
            foreach (BurnSpeed speed in plan.Budget.Pairs.Select(p => p.Speed).Distinct())
            {
                BurnAlert(file, plan, speed);
            }

            foreach (SloAlertPolicy policy in plan.Budget.BreachingPolicies())
            {
                DeclaredAlert(file, plan, policy.Condition);
            }

            OtherAlerts(file, plan);
        }
    }

    private void BurnAlert(RuleFile file, BudgetPlan plan, BurnSpeed speed)
    {
        RuleBudget budget = plan.Budget;
        var pairs = budget.Pairs.Where(p => p.Speed == speed).ToList();
        decimal lowest = pairs.Min(p => p.FactorFor(plan.Period));
        string exhausted = PromText.Number(decimal.Round((decimal)plan.Period.TotalDays / lowest, 1));
        Alert(
            file,
            plan,
            budget.Alert(speed + "Burn"),
            plan.Own(speed == BurnSpeed.Fast ? Page : Ticket),
            TimeSpan.Zero,
            speed == BurnSpeed.Fast ? "critical" : "warning",
            speed == BurnSpeed.Fast
                ? $"{budget.Title}: the error budget burns fast, users notice"
                : $"{budget.Title}: the error budget burns slowly but surely",
            $"{{{{ $value | printf \"%.1f\" }}}} times as many failures as {PromText.Percent(budget.Objective)} over {budget.Slo.Window.Duration} allows; "
                + $"the alert fires from {string.Join(" or ", pairs.Select(p => PromText.Number(p.FactorFor(plan.Period))))} times on. "
                + $"At {PromText.Number(lowest)} times the budget is gone after {exhausted} d.",
            new KeyValuePair<string, string>("window", string.Join(", ", pairs.Select(p => $"{PromText.Duration(p.ShortWindow)}/{PromText.Duration(p.LongWindow)}"))));
    }

    private void DeclaredAlert(RuleFile file, BudgetPlan plan, SloAlertCondition condition)
    {
        string comparison = condition.Operator == "gt" ? ">" : ">=";
        Alert(
            file,
            plan,
            plan.Budget.Alert(PromText.Pascal(condition.Name)),
            $"{plan.Own(SloQueries.BurnRateMetric(PromText.Duration(condition.LookbackWindow.Length!.Value)))} {comparison} {PromText.Number(condition.Threshold)}",
            condition.AlertAfter.Length!.Value / (double)_options.TimeScale,
            condition.Severity switch { "page" => "critical", "ticket" => "warning", _ => condition.Severity },
            $"{plan.Budget.Title}: burn rate {comparison} {PromText.Number(condition.Threshold)} over {condition.LookbackWindow}",
            "{{ $value | printf \"%.1f\" }} times as many failures as the objective allows.",
            new KeyValuePair<string, string>("window", condition.LookbackWindow.ToString()));
    }

    private void OtherAlerts(RuleFile file, BudgetPlan plan)
    {
        TimeSpan patience = _interval * (WatchedEvaluations / 6);
        Alert(
            file,
            plan,
            plan.Budget.Alert("Absent"),
            plan.Own(plan.Budget.IsComposite ? "slo:part_absent:watched" : Absent),
            patience,
            "error",
            $"{plan.Budget.Title}: its metric is gone, nobody knows whether the objective is met",
            $"No sample for {PromText.Duration(patience)}. While this lasts no other alert of this objective can fire. Look whether the process that exports the metric runs and is scraped, "
                + "and whether the metric or a label was renamed.");
        if (!plan.Budget.HasRatio)
        {
            return;
        }

        // A success rate above one means two counters that do not belong together, or a query that counts something twice. Such an SLO is always met.
        Alert(
            file,
            plan,
            plan.Budget.Alert("RatioAboveOne"),
            plan.Own(Excess),
            _interval * 5,
            "error",
            $"{plan.Budget.Title}: counts more good or bad events than there are events",
            "{{ $value | printf \"%.0f\" }} events too many. The two queries of the indicator do not count the same thing; until they do, this objective says nothing.");
    }

    private void Alert(
        RuleFile file, BudgetPlan plan, string name, string expression, TimeSpan holdFor, string severity, string summary, string description, params ReadOnlySpan<KeyValuePair<string, string>> more) =>
        file.Alert(
            name,
            expression,
            holdFor,
            [new("severity", severity), .. plan.Labels],
            [new("summary", summary), new("description", description), .. more, new("runbook", Runbook(name))]);

    private List<string> Windows(Func<RuleWindow, bool> which) =>
        [.. _all.SelectMany(b => b.Windows.Rolling).Where(which).DistinctBy(w => w.Name).OrderBy(w => w.Nominal).Select(w => w.Name)];

    private IEnumerable<BudgetPlan> With(string window) => _all.Where(b => b.Windows.Find(window) is not null);

    /// <summary>Does something for the counts of whole budgets and for those of parts, as far as there are any.</summary>
    private void ForEachCount(IEnumerable<BudgetPlan> budgets, Action<string, string> record)
    {
        List<BudgetPlan> having = [.. budgets], simple = [.. having.Where(b => !b.Budget.IsComposite)], composites = [.. having.Where(b => b.Budget.IsComposite)];
        foreach (string count in simple.Count > 0 ? ["slo:total:increase", "slo:good:increase"] : Array.Empty<string>())
        {
            record(count, Scope(simple));
        }

        foreach (string count in composites.Count > 0 ? ["slo:part_total:increase", "slo:part_good:increase"] : Array.Empty<string>())
        {
            record(count, Scope(composites, Composites));
        }
    }

    /// <summary>What <c>slo:total:increase</c> counts: <c>slo:total</c>.</summary>
    private static string Counted(string count) => count[..count.LastIndexOf(':')];

    private static string Step(string count) => Counted(count) + ":step";

    private string Scope(IEnumerable<BudgetPlan> budgets) => Scope(budgets, _all);

    /// <summary>A selector of the budgets: none when all that have the series are meant.</summary>
    private static string Scope(IEnumerable<BudgetPlan> budgets, IReadOnlyCollection<BudgetPlan> all)
    {
        string[] names = [.. budgets.Select(b => b.Budget.Name)];
        return names.Length == all.Count ? "" : names.Length == 1 ? $"{{slo=\"{names[0]}\"}}" : $"{{slo=~\"{string.Join('|', names)}\"}}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

#pragma warning disable CA1308 // the fragment of a Markdown heading is lower case
    private string Runbook(string alert) => $"{_options.RunbookBase}#{alert.ToLowerInvariant()}";
#pragma warning restore CA1308
}

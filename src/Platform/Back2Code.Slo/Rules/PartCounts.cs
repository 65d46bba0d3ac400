using System.Globalization;

namespace Back2Code.Slo;

/// <summary>
/// Counts good and all events of one indicator in every window. What an event is depends on the indicator and the budgeting method:
/// a request (counters), an evaluation (thresholds, stored ratios, gauges), or a time slice. After that all are the same: two numbers a window.
/// </summary>
/// <remarks>
/// Counters are read from their raw samples. Everything else is first recorded as a pair of samples an evaluation, whose sums are the counts.
/// A slice is judged at every evaluation over the stretch that ends there, and counts for the evaluation's share of it: so a window of length W holds W/L
/// slices wherever they begin. A slice without events is left out, neither good nor bad: there is no evidence either way.
/// </remarks>
internal sealed class PartCounts
{
    private readonly BudgetPart _part;
    private readonly BudgetingMethod _method;
    private readonly WindowPlan _plan;
    private readonly string _prefix;
    private readonly string _selector;
    private readonly KeyValuePair<string, string>[] _labels;

    /// <param name="budget">The budget.</param>
    /// <param name="number">Which part, from 0.</param>
    /// <param name="plan">Its windows.</param>
    public PartCounts(RuleBudget budget, int number, WindowPlan plan)
    {
        _part = budget.Parts[number];
        _method = budget.Slo.BudgetingMethod;
        _plan = plan;
        string objective = (number + 1).ToString(CultureInfo.InvariantCulture);
        _prefix = budget.IsComposite ? "slo:part_" : "slo:";
        _selector = budget.IsComposite ? $"{{slo=\"{budget.Name}\",objective=\"{objective}\"}}" : $"{{slo=\"{budget.Name}\"}}";
        _labels = [new("slo", budget.Name), new("service", budget.Slo.Service), .. budget.IsComposite ? [new("objective", objective)] : Array.Empty<KeyValuePair<string, string>>()];
    }

    private bool IsSliced => _method != BudgetingMethod.Occurrences;

    private bool IsCounted => _part.Indicator is { IsCounter: true, Total: not null };

    /// <summary>False for counters, which steps are differences of.</summary>
    public bool IsSampled => IsSliced || !IsCounted;

    /// <summary>What is recorded at every evaluation before anything is counted.</summary>
    public void Samples(RuleFile file)
    {
        if (IsSampled && !IsCounted)
        {
            Instant(file, IsSliced ? "event" : "sample");
        }

        if (IsSliced)
        {
            Slices(file);
        }
    }

    /// <summary>The counts of a window that is read from what was scraped.</summary>
    public void Raw(RuleFile file, RuleWindow window)
    {
        if (IsSampled)
        {
            Record(file, "total:increase" + window.Name, $"sum_over_time({Series("total:sample")}[{window.SumRange}])");
            Record(file, "good:increase" + window.Name, $"sum_over_time({Series("good:sample")}[{window.SumRange}])");
            return;
        }

        Counters(file, window.Range, "total:increase" + window.Name, "good:increase" + window.Name);
    }

    /// <summary>What long windows are made of: of samples their sum since the last evaluation, of counters where they stand.</summary>
    public void Step(RuleFile file)
    {
        if (IsSampled)
        {
            string range = PromText.Duration(_plan.Step - TimeSpan.FromMilliseconds(1));
            Record(file, "total:step", $"sum_over_time({Series("total:sample")}[{range}])");
            Record(file, "good:step", $"sum_over_time({Series("good:sample")}[{range}])");
            return;
        }

        ServiceLevelIndicator indicator = _part.Indicator;
        string Reading(MetricSource source) => $"sum(last_over_time({source.Query.Trim()}[{PromText.Duration(_plan.ReadingAge)}]))";
        Record(file, "total:reading", Reading(indicator.Total!));
        string total = Series("total:reading");
        Record(file, "good:reading", indicator.Good is { } good
            ? $"{Reading(good)} or on () {total} * 0"
            : $"{total} - on () ({Reading(indicator.Bad!)} or on () {total} * 0)");
    }

    /// <summary>The counts since the calendar window began.</summary>
    public void Calendar(RuleFile file, RuleWindow window, Func<string, string> sinceItBegan)
    {
        foreach (string count in (string[])["total", "good"])
        {
            Record(file, count + ":calendar_step", CalendarWindow.Marked(Series(count + ":step"), _labels[0].Value));
            Record(file, $"{count}:increase{window.Name}", sinceItBegan(Series(count + ":calendar_step")));
        }
    }

    private void Instant(RuleFile file, string name)
    {
        ServiceLevelIndicator indicator = _part.Indicator;
        // Comparing with -Inf keeps every number and drops NaN, which is what a quotient or a quantile of nothing yields: no evidence.
        static string Numbers(MetricSource source) => $"(({source.Query.Trim()}) >= -Inf)";
        string total = Series("total:" + name), good;
        if (indicator.Threshold is { } threshold)
        {
            string comparison = _part.Target.Operator switch { "lte" => "<=", "gte" => ">=", "lt" => "<", _ => ">" };
            Record(file, "total:" + name, $"count{Numbers(threshold)}");
            good = $"sum(({threshold.Query.Trim()}) {comparison} bool {PromText.Number(_part.Target.Value!.Value)})";
        }
        else if (indicator.Raw is { } raw)
        {
            Record(file, "total:" + name, $"count{Numbers(raw)}");
            good = indicator.RawIsFailure ? $"sum(1 - {Numbers(raw)})" : $"sum{Numbers(raw)}";
        }
        else
        {
            Record(file, "total:" + name, $"sum{Numbers(indicator.Total!)}");
            string part = $"sum{Numbers((indicator.Good ?? indicator.Bad)!)} or on () {total} * 0";
            good = indicator.Good is not null ? part : $"{total} - on () ({part})";
        }

        Record(file, "good:" + name, good);
    }

    private void Slices(RuleFile file)
    {
        TimeSpan length = _plan.Scale(_part.Target.TimeSliceWindow!.Value.Length!.Value);
        if (IsCounted)
        {
            Counters(file, PromText.Duration(length), "slice_total", "slice_good");
        }
        else
        {
            string range = PromText.Duration(length - TimeSpan.FromMilliseconds(1));
            Record(file, "slice_total", $"sum_over_time({Series("total:event")}[{range}])");
            Record(file, "slice_good", $"sum_over_time({Series("good:event")}[{range}])");
        }

        string total = Series("slice_total");
        string ratio = $"clamp({Series("slice_good")} / ({total} > 0), 0, 1)";
        string worth = PromText.Number(_plan.Interval.Ticks / (decimal)length.Ticks);
        Record(file, "total:sample", $"({total} > bool 0) * {worth}");
        // A billionth less: where all is good, sums in another order may fall short of 1 by their last digit.
        Record(file, "good:sample", _method == BudgetingMethod.Timeslices
            ? $"({ratio} >= bool {PromText.Number(_part.Target.TimeSliceTarget!.Value - 0.000000001m)}) * {worth} or {total} * 0"
            : $"{ratio} * {worth} or {total} * 0");
    }

    private void Counters(RuleFile file, string range, string totalName, string goodName)
    {
        ServiceLevelIndicator indicator = _part.Indicator;
        string Increase(MetricSource source) => $"sum(increase({source.Query.Trim()}[{range}]))";
        Record(file, totalName, Increase(indicator.Total!));

        // A counter that never counted does not exist: no good series while there is traffic means "none was good", and none bad means "all were".
        string total = Series(totalName);
        if (indicator.Good is { } good)
        {
            // The total of this very round: a Prometheus that comes back would still find the one from before it stopped, and take it for traffic of which
            // nothing was good. That was a page at every restart, seen in the drill blind-monitoring.
            Record(file, goodName, $"{Increase(good)} or on () last_over_time({total}[{PromText.Duration(_plan.Interval)}]) * 0");
            return;
        }

        Record(file, goodName, $"{total} - on () ({Increase(indicator.Bad!)} or on () {total} * 0)");
    }

    private string Series(string name) => _prefix + name + _selector;

    private void Record(RuleFile file, string name, string expression) => file.Record(_prefix + name, expression, _labels);
}

using System.Globalization;

namespace Back2Code.Slo;

/// <summary>
/// The rules of one SLO. All are in one group, because Prometheus runs a group's rules one after the other at one time stamp:
/// an alert sees what its recordings saw, and never lags a round behind.
/// </summary>
/// <remarks>
/// Recorded per window W: <c>slo:total:rateW</c> and <c>slo:good:rateW</c> (events per second), <c>slo:errors:ratio_rateW</c>, <c>slo:burn_rate:W</c>.
/// Counts are recorded and divided at the end, so that ratios weigh by volume and idle time weighs nothing.
/// <para>
/// A window that was idle, or not yet scraped, for part of its length counts for the rest only: <c>slo:active:ratioW</c> is the share of it that saw traffic,
/// and the long window's burn rate is multiplied by it. Otherwise three slow first requests after a night without traffic would be
/// "100 % errors over three days".
/// </para>
/// </remarks>
internal sealed class SloRules
{
    private readonly ServiceLevelObjective _slo;
    private readonly RuleOptions _options;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _period;
    private readonly IReadOnlyList<BurnRatePair> _pairs;
    private readonly WindowPlan _windows;
    private readonly HashSet<RuleWindow> _weighed;
    private readonly decimal _target;
    private readonly string _budget;
    private readonly KeyValuePair<string, string>[] _labels;

    public SloRules(ServiceLevelObjective slo, RuleOptions options)
    {
        _slo = slo;
        _options = options;
        _interval = options.EvaluationInterval ?? options.ScrapeInterval;
        _period = slo.Window.Duration.Length!.Value;
        _pairs = BurnRatePair.For(_period);
        _target = slo.Targets[0].Target;
        _budget = PromText.Number(BurnRate.Budget(_target));
        _labels = [new("slo", slo.Name), new("service", slo.Service)];

        var lookbacks = slo.AlertPolicies.Select(p => p.Condition.LookbackWindow.Length!.Value).ToList();
        _windows = new WindowPlan(options, [.. _pairs.SelectMany(p => new[] { p.ShortWindow, p.LongWindow }), .. lookbacks, _period]);
        _weighed = [.. _pairs.Select(p => p.LongWindow).Append(_period).Select(_windows.For)];
    }

    public static IEnumerable<string> AlertNames(ServiceLevelObjective slo) =>
        [Name(slo, "FastBurn"), Name(slo, "SlowBurn"), .. slo.AlertPolicies.Select(p => Name(slo, PromText.Pascal(p.Condition.Name)))];

    public void Append(RuleFile file)
    {
        file.Group("slo-" + _slo.Name, _interval);
        file.Record("slo:objective:ratio", $"vector({PromText.Number(_target)})", _labels);
        foreach (RuleWindow window in _windows.All)
        {
            Counts(file, window);
        }

        file.Record("slo:active:bool", $"{Series("slo:total:rate", _windows.Base)} > bool 0", _labels);
        foreach (RuleWindow window in _windows.All)
        {
            Burn(file, window);
        }

        RuleWindow period = _windows.For(_period);
        file.Record("slo:error_budget_remaining:ratio", $"1 - {Series("slo:burn_rate:", period)}", _labels);
        BurnAlert(file, BurnSpeed.Fast, "critical");
        BurnAlert(file, BurnSpeed.Slow, "warning");
        foreach (SloAlertPolicy policy in _slo.AlertPolicies.Where(p => p.WhenBreaching))
        {
            DeclaredAlert(file, policy.Condition);
        }
    }

    private void Counts(RuleFile file, RuleWindow window)
    {
        ServiceLevelIndicator indicator = _slo.Indicator!;
        if (window.IsChained)
        {
            foreach (string count in (string[])["slo:total:rate", "slo:good:rate"])
            {
                file.Record(count + window.Name, Mean(count + _windows.Base.Name, window), _labels);
            }

            return;
        }

        string total = $"sum(rate({indicator.Total!.Query.Trim()}[{window.Name}]))";
        file.Record("slo:total:rate" + window.Name, total, _labels);

        // A counter that never counted does not exist: no good series while there is traffic means "none was good", and none bad means "all were".
        string Known(MetricSource source) => $"(sum(rate({source.Query.Trim()}[{window.Name}])) or {total} * 0)";
        file.Record(
            "slo:good:rate" + window.Name,
            indicator.Good is { } good ? Known(good) : $"clamp_min({total} - {Known(indicator.Bad!)}, 0)",
            _labels);
    }

    private void Burn(RuleFile file, RuleWindow window)
    {
        string total = Series("slo:total:rate", window), good = Series("slo:good:rate", window);
        file.Record("slo:errors:ratio_rate" + window.Name, $"clamp_min({total} - {good}, 0) / ({total} > 0) or {total} * 0", _labels);
        string ratio = Series("slo:errors:ratio_rate", window);
        if (!_weighed.Contains(window))
        {
            file.Record("slo:burn_rate:" + window.Name, $"{ratio} / {_budget}", _labels);
            return;
        }

        file.Record("slo:active:ratio" + window.Name, $"clamp_max({Mean("slo:active:bool", window)}, 1)", _labels);
        file.Record("slo:burn_rate:" + window.Name, $"{ratio} * {Series("slo:active:ratio", window)} / {_budget}", _labels);
    }

    /// <summary>
    /// Mean over the whole window, also over the part for which there is no sample: what was not seen counts as nothing, exactly as rate() has it.
    /// (avg_over_time would divide by the samples that exist.)
    /// </summary>
    private string Mean(string series, RuleWindow window)
    {
        decimal samples = window.Length.Ticks / (decimal)_interval.Ticks;
        return $"sum_over_time({series}{{slo=\"{_slo.Name}\"}}[{window.Name}]) / {PromText.Number(samples)}";
    }

    private void BurnAlert(RuleFile file, BurnSpeed speed, string severity)
    {
        var pairs = _pairs.Where(p => p.Speed == speed).ToList();
        string name = Name(_slo, speed + "Burn");
        decimal lowest = pairs.Min(p => p.FactorFor(_period));
        file.Alert(
            name,
            string.Join("\nor\n", pairs.Select(Condition)),
            TimeSpan.Zero,
            [new("severity", severity), .. _labels],
            [
                new("summary", speed == BurnSpeed.Fast
                    ? $"{Title}: the error budget burns fast, users notice"
                    : $"{Title}: the error budget burns slowly but surely"),
                new("description", $"{{{{ $value | printf \"%.1f\" }}}} times as many failures as {PromText.Percent(_target)} over {_slo.Window.Duration} allows; "
                    + $"the alert fires from {string.Join(" or ", pairs.Select(p => PromText.Number(p.FactorFor(_period))))} times on. "
                    + $"At {PromText.Number(lowest)} times the budget is gone after {PromText.Number(decimal.Round((decimal)_period.TotalDays / lowest, 1))} d."),
                new("runbook", Runbook(name)),
            ]);
    }

    private string Condition(BurnRatePair pair)
    {
        RuleWindow brief = _windows.For(pair.ShortWindow), extended = _windows.For(pair.LongWindow);
        string factor = PromText.Number(pair.FactorFor(_period));
        string bad = $"({Series("slo:total:rate", extended)} - {Series("slo:good:rate", extended)}) * {PromText.Number(extended.Seconds)}";
        return $"""
            (
              {Series("slo:burn_rate:", brief)} > {factor}
              and {Series("slo:burn_rate:", extended)} > {factor}
              and {bad} >= {_options.MinimumBadEvents.ToString(CultureInfo.InvariantCulture)}
            )
            """;
    }

    private void DeclaredAlert(RuleFile file, SloAlertCondition condition)
    {
        string name = Name(_slo, PromText.Pascal(condition.Name));
        RuleWindow window = _windows.For(condition.LookbackWindow.Length!.Value);
        string comparison = condition.Operator == "gt" ? ">" : ">=";
        file.Alert(
            name,
            $"{Series("slo:burn_rate:", window)} {comparison} {PromText.Number(condition.Threshold)}",
            condition.AlertAfter.Length!.Value / (double)_options.TimeScale,
            [new("severity", condition.Severity), .. _labels],
            [
                new("summary", $"{Title}: burn rate {comparison} {PromText.Number(condition.Threshold)} over {condition.LookbackWindow}"),
                new("description", "{{ $value | printf \"%.1f\" }} times as many failures as the objective allows."),
                new("runbook", Runbook(name)),
            ]);
    }

    private string Series(string prefix, RuleWindow window) => $"{prefix}{window.Name}{{slo=\"{_slo.Name}\"}}";

#pragma warning disable CA1308 // the fragment of a Markdown heading is lower case
    private string Runbook(string alert) => $"{_options.RunbookBase}#{alert.ToLowerInvariant()}";
#pragma warning restore CA1308

    /// <summary>The display name as literal text: annotations are templates, and a brace in a name must not become one.</summary>
    private string Title => _slo.DisplayName.Replace("{{", "{{\"{{\"}}", StringComparison.Ordinal);

    private static string Name(ServiceLevelObjective slo, string suffix) => PromText.Pascal(slo.Name) + suffix;
}

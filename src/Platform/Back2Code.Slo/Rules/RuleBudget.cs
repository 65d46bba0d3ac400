namespace Back2Code.Slo;

/// <summary>One error budget: what a group of rules is generated for. An SLO has one, or one for each of several objectives on the same indicator.</summary>
/// <param name="Slo">The SLO that it comes from.</param>
/// <param name="Name">Value of the label <c>slo</c>.</param>
/// <param name="DisplayName">For people.</param>
/// <param name="Parts">One; or, in a composite SLO, one for each objective.</param>
internal sealed record RuleBudget(ServiceLevelObjective Slo, string Name, string DisplayName, IReadOnlyList<BudgetPart> Parts)
{
    // OpenSLO counts months, quarters and years only in calendar windows. The pairs need a length, and a month of 30 days is the workbook's.
    private static readonly Dictionary<char, int> CalendarDays = new() { ['M'] = 30, ['Q'] = 91, ['Y'] = 365 };

    public bool IsComposite => Slo.Indicator is null;

    /// <summary>
    /// Share of failures that spends the budget exactly. In a composite SLO the mean burn rate of the parts is that of one SLO with this budget:
    /// the harmonic mean of theirs, by weight.
    /// </summary>
    public decimal Budget => IsComposite
        ? Parts.Sum(p => p.Weight) / Parts.Sum(p => p.Weight / BurnRate.Budget(p.Target.Target))
        : BurnRate.Budget(Parts[0].Target.Target);

    public decimal Objective => 1 - Budget;

    /// <summary>Length of the period, for a calendar window its usual one; null when it has none.</summary>
    public TimeSpan? Period => Slo.Window.Duration.Length
        ?? (Slo.Window.IsRolling ? null : TimeSpan.FromDays((long)CalendarDays.GetValueOrDefault(Slo.Window.Duration.Unit) * Slo.Window.Duration.Count));

    /// <summary>How recordings name the period: 4w is 28d like every rolling window, but a calendar window keeps its own name.</summary>
    public string PeriodName => Slo.Window.IsRolling ? PromText.Duration(Period!.Value) : Slo.Window.Duration.ToString();

    public IReadOnlyList<BurnRatePair> Pairs => Slo.AlertWindows ?? BurnRatePair.For(Period!.Value);

    /// <summary>The display name as literal text: annotations are templates, and a brace in a name must not become one.</summary>
    public string Title => DisplayName.Replace("{{", "{{\"{{\"}}", StringComparison.Ordinal);

    public static IEnumerable<RuleBudget> Of(SloCatalogue catalogue) => catalogue.Objectives.SelectMany(Of);

    public static IEnumerable<RuleBudget> Of(ServiceLevelObjective slo)
    {
        if (slo.Indicator is not { } indicator)
        {
            return [new RuleBudget(slo, slo.Name, slo.DisplayName, [.. slo.Targets.Select(t => new BudgetPart(t.Indicator!, t, t.CompositeWeight))])];
        }

        return slo.Targets.Count == 1
            ? [new RuleBudget(slo, slo.Name, slo.DisplayName, [new BudgetPart(indicator, slo.Targets[0], 1)])]
            : slo.Targets.Select((target, i) => new RuleBudget(
                slo, $"{slo.Name}-{Slug(target.DisplayName, i + 1)}", $"{slo.DisplayName}: {(target.DisplayName.Length > 0 ? target.DisplayName : $"objective {i + 1}")}",
                [new BudgetPart(indicator, target, 1)]));
    }

    /// <summary>Names of the alerts, in the order of the rules.</summary>
    public IEnumerable<string> AlertNames() =>
    [
        .. Pairs.Select(p => p.Speed).Distinct().Select(speed => Alert(speed + "Burn")),
        .. BreachingPolicies().Select(p => Alert(PromText.Pascal(p.Condition.Name))),
        Alert("Absent"),
        .. HasRatio ? [Alert("RatioAboveOne")] : Array.Empty<string>(),
    ];

    public IEnumerable<SloAlertPolicy> BreachingPolicies() => Slo.AlertPolicies.Where(p => p.WhenBreaching).DistinctBy(p => p.Condition.Name);

    public string Alert(string suffix) => PromText.Pascal(Name) + suffix;

    /// <summary>False when all that is measured is compared with a threshold: then good can never exceed total.</summary>
    public bool HasRatio => Parts.Any(p => p.Indicator.Threshold is null);

    private static string Slug(string text, int number)
    {
        string slug = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
        slug = string.Join('-', slug.Split('-', StringSplitOptions.RemoveEmptyEntries));
        return slug.Length > 0 ? slug : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}

/// <summary>One indicator with its objective.</summary>
/// <param name="Indicator">What is measured.</param>
/// <param name="Target">What is promised.</param>
/// <param name="Weight">In a composite SLO; else 1.</param>
internal sealed record BudgetPart(ServiceLevelIndicator Indicator, SloTarget Target, decimal Weight);

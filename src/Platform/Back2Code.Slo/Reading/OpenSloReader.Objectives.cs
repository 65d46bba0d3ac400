using System.Globalization;

namespace Back2Code.Slo;

internal sealed partial class OpenSloReader
{
    private ServiceLevelObjective Objective(OpenSloObject item)
    {
        StrictMap spec = item.Spec;
        string service = spec.RequiredText("service");
        if (service.Length > 0)
        {
            Resolve(spec, "service", "Service", service, _services);
        }

        ServiceLevelIndicator? indicator = InPlaceOrByName(spec, "indicator", "indicatorRef", "SLI", _indicators, InlineIndicator);
        bool isComposite = !spec.Has("indicator") && !spec.Has("indicatorRef");
        string? method = spec.OneOf("budgetingMethod", Enum.GetNames<BudgetingMethod>());
        if (!spec.Has("budgetingMethod"))
        {
            spec.Error($"{spec}.budgetingMethod is required: one of {string.Join(", ", Enum.GetNames<BudgetingMethod>())}");
        }

        BudgetingMethod budgeting = method is null ? BudgetingMethod.Occurrences : Enum.Parse<BudgetingMethod>(method);
        IReadOnlyList<StrictMap>? objectives = spec.Maps("objectives");
        if (objectives is not { Count: > 0 })
        {
            spec.Error($"{spec}.objectives must hold at least one objective");
        }
        else if (indicator?.Threshold is not null && objectives.Count > 1)
        {
            spec.ErrorAt("objectives", "an SLO with a thresholdMetric has exactly one objective");
        }

        return new ServiceLevelObjective
        {
            Name = item.Meta.Name,
            DisplayName = item.Meta.DisplayName,
            Description = Description(spec),
            Service = service,
            Indicator = indicator,
            Window = Window(spec),
            BudgetingMethod = budgeting,
            Targets = [.. (objectives ?? []).Select(o => Target(o, budgeting, indicator, isComposite))],
            AlertPolicies = [.. (spec.Maps("alertPolicies") ?? []).Select(PolicyOf).OfType<SloAlertPolicy>()],
            AlertWindows = item.Meta.AlertWindows,
            Source = item.Document.Line,
        };
    }

    private SloAlertPolicy? PolicyOf(StrictMap map)
    {
        if (!map.Has("alertPolicyRef"))
        {
            return InlinePolicy(map);
        }

        SloAlertPolicy? policy = Resolve(map, "alertPolicyRef", "AlertPolicy", map.RequiredText("alertPolicyRef"), _policies);
        map.Close();
        return policy;
    }

    private static SloWindow Window(StrictMap spec)
    {
        IReadOnlyList<StrictMap> windows = spec.Maps("timeWindow") ?? [];
        if (windows.Count != 1)
        {
            spec.Error($"{spec}.timeWindow must hold exactly one window, it holds {windows.Count}; for example - {{duration: 30d, isRolling: true}}");
            return new SloWindow(default, IsRolling: true);
        }

        StrictMap window = windows[0];
        DurationShorthand duration = Duration(window, "duration");
        bool? rolling = window.Flag("isRolling");
        StrictMap? calendar = window.Map("calendar");
        DateTime? start = null;
        string? zone = null;
        if (calendar is not null)
        {
            start = CalendarStart(calendar);
            zone = calendar.RequiredText("timeZone");
            if (zone.Length > 0 && !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _))
            {
                calendar.ErrorAt("timeZone", $"'{zone}' is not a time zone of the IANA database, for example Europe/Berlin or UTC");
            }

            calendar.Close();
        }

        if ((rolling ?? false) == window.Has("calendar"))
        {
            window.Error($"{window} is either rolling (isRolling: true) or has a calendar (isRolling: false)");
        }

        window.Close();
        return new SloWindow(duration, !window.Has("calendar"), start, zone);
    }

    private static DateTime? CalendarStart(StrictMap calendar)
    {
        string text = calendar.RequiredText("startTime");
        if (text.Length == 0
            || DateTime.TryParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime start))
        {
            return text.Length == 0 ? null : DateTime.SpecifyKind(DateTime.ParseExact(text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), DateTimeKind.Unspecified);
        }

        calendar.ErrorAt("startTime", $"startTime is '{text}'; allowed: a local time like 2026-01-01 00:00:00, without zone");
        return null;
    }

    private SloTarget Target(StrictMap map, BudgetingMethod budgeting, ServiceLevelIndicator? indicator, bool isComposite)
    {
        string display = map.Text("displayName") ?? "";
        decimal target = TargetShare(map);
        string? op = map.OneOf("op", "lte", "gte", "lt", "gt");
        decimal? value = map.Number("value");
        ServiceLevelIndicator? own = InPlaceOrByName(map, "indicator", "indicatorRef", "SLI", _indicators, InlineIndicator);
        bool hasOwn = map.Has("indicator") || map.Has("indicatorRef");
        if (isComposite != hasOwn)
        {
            map.Error(isComposite
                ? $"{map} needs an indicator or indicatorRef, because the SLO itself has none (or give the SLO one)"
                : $"{map} has an indicator although the SLO has one; only one of the two places is allowed");
        }

        bool isThreshold = (own ?? indicator)?.Threshold is not null;
        if (isThreshold != map.Has("op") || isThreshold != map.Has("value"))
        {
            map.Error(isThreshold
                ? $"{map} needs op (lte, gte, lt, gt) and value, because the indicator is a thresholdMetric"
                : $"{map}: op and value belong to a thresholdMetric; remove them");
        }

        decimal weight = map.Number("compositeWeight") ?? 1;
        if (weight <= 0)
        {
            map.ErrorAt("compositeWeight", "compositeWeight must be above 0");
        }

        (decimal? sliceTarget, DurationShorthand? sliceWindow) = Slices(map, budgeting);
        map.Close();
        return new SloTarget
        {
            DisplayName = display,
            Target = target,
            Operator = op,
            Value = value,
            Indicator = own,
            CompositeWeight = weight,
            TimeSliceTarget = sliceTarget,
            TimeSliceWindow = sliceWindow,
            Source = map.Line,
        };
    }

    private static decimal TargetShare(StrictMap map)
    {
        decimal? target = map.Number("target"), percent = map.Number("targetPercent");
        if (map.Has("target") == map.Has("targetPercent"))
        {
            map.Error($"{map} needs exactly one of target (0 to below 1) and targetPercent (0 to below 100)");
        }

        if (target is < 0 or >= 1)
        {
            map.ErrorAt("target", $"target is {target}; allowed: 0 to below 1 (for percent use targetPercent)");
        }

        if (percent is < 0 or >= 100)
        {
            map.ErrorAt("targetPercent", $"targetPercent is {percent}; allowed: 0 to below 100");
        }

        return target ?? (percent / 100) ?? 0;
    }

    private static (decimal? Target, DurationShorthand? Window) Slices(StrictMap map, BudgetingMethod budgeting)
    {
        decimal? target = map.Number("timeSliceTarget");
        string? text = map.Text("timeSliceWindow");
        if (map.Has("timeSliceTarget") != (budgeting == BudgetingMethod.Timeslices))
        {
            map.Error($"{map}: timeSliceTarget and budgetingMethod Timeslices belong together");
        }

        if (target is <= 0 or > 1)
        {
            map.ErrorAt("timeSliceTarget", $"timeSliceTarget is {target}; allowed: above 0 to 1");
        }

        if (map.Has("timeSliceWindow") != (budgeting != BudgetingMethod.Occurrences))
        {
            map.Error($"{map}: timeSliceWindow and budgetingMethod Timeslices or RatioTimeslices belong together");
        }

        if (text is null)
        {
            return (target, null);
        }

        // A bare number means minutes.
        if (!DurationShorthand.TryParse(text.All(char.IsAsciiDigit) ? text + "m" : text, out DurationShorthand window) || window.Count == 0)
        {
            map.ErrorAt("timeSliceWindow", $"timeSliceWindow is '{text}'; allowed: minutes as a number, or {DurationShorthand.Allowed}");
        }

        return (target, window);
    }
}

namespace Back2Code.Slo;

internal sealed partial class OpenSloReader
{
    private SloAlertPolicy InlinePolicy(StrictMap map) => Inline(map, "AlertPolicy", Policy);

    /// <summary>An object inside another: kind (optional), metadata and spec.</summary>
    private static T Inline<T>(StrictMap map, string kind, Func<Metadata, StrictMap, T> read)
        where T : class
    {
        map.OneOf("kind", kind);
        Metadata meta = Meta(map);
        StrictMap? spec = map.RequiredMap("spec");
        map.Close();
        // Without a spec the error is already noted; reading the map itself as spec yields a placeholder of the right type.
        T result = read(meta, spec ?? map);
        spec?.Close();
        return result;
    }

    private SloAlertPolicy Policy(Metadata meta, StrictMap spec)
    {
        Description(spec);
        bool noData = spec.Flag("alertWhenNoData") ?? false;
        bool resolved = spec.Flag("alertWhenResolved") ?? false;
        bool breaching = spec.Flag("alertWhenBreaching") ?? false;

        IReadOnlyList<StrictMap>? conditions = spec.Maps("conditions");
        if (conditions is not { Count: 1 })
        {
            spec.Error($"{spec}.conditions must hold exactly one condition, it holds {conditions?.Count ?? 0}");
        }

        SloAlertCondition? condition = null;
        foreach (StrictMap map in conditions ?? [])
        {
            condition ??= map.Has("conditionRef")
                ? Resolve(map, "conditionRef", "AlertCondition", map.RequiredText("conditionRef"), _conditions)
                : Inline(map, "AlertCondition", Condition);
            CloseReference(map, "conditionRef");
        }

        var targets = new List<string>();
        if (spec.Maps("notificationTargets") is not { Count: > 0 } targetMaps)
        {
            spec.Error($"{spec}.notificationTargets must hold at least one target");
            targetMaps = [];
        }

        foreach (StrictMap map in targetMaps)
        {
            targets.Add(Target(map));
            CloseReference(map, "targetRef");
        }

        return new SloAlertPolicy
        {
            Name = meta.Name,
            WhenNoData = noData,
            WhenResolved = resolved,
            WhenBreaching = breaching,
            Condition = condition ?? new SloAlertCondition
            {
                Name = "", Severity = "", Operator = "gt", Threshold = 1, LookbackWindow = default, Source = spec.Line,
            },
            NotificationTargets = targets,
        };
    }

    private static void CloseReference(StrictMap map, string refField)
    {
        if (map.Has(refField))
        {
            map.Close();
        }
    }

    private string Target(StrictMap map)
    {
        if (!map.Has("targetRef"))
        {
            return Inline(map, "AlertNotificationTarget", NotificationTarget);
        }

        string name = map.RequiredText("targetRef");
        if (name.Length > 0 && !_notificationTargets.Contains(name))
        {
            map.ErrorAt("targetRef", $"targetRef names the AlertNotificationTarget '{name}', which no file defines");
        }

        return name;
    }

    private string NotificationTarget(Metadata meta, StrictMap spec)
    {
        Description(spec);
        spec.RequiredText("target");
        _notificationTargets.Add(meta.Name);
        return meta.Name;
    }

    private static SloAlertCondition Condition(Metadata meta, StrictMap spec)
    {
        Description(spec);
        string severity = spec.RequiredText("severity");
        StrictMap? map = spec.RequiredMap("condition");
        if (map is null)
        {
            return new SloAlertCondition { Name = meta.Name, Severity = severity, Operator = "gt", Threshold = 1, LookbackWindow = default, Source = spec.Line };
        }

        map.OneOf("kind", "burnrate");
        // The specification's text also shows lte here; a burn rate is bad when it is high, so that would alert while all is well.
        string op = map.OneOf("op", "gt", "gte") ?? "gte";
        decimal? threshold = map.Number("threshold");
        if (threshold is null or <= 0)
        {
            map.ErrorAt("threshold", $"{map}.threshold is required and must be above 0");
        }

        DurationShorthand lookback = Duration(map, "lookbackWindow");
        DurationShorthand after = map.Has("alertAfter") ? Duration(map, "alertAfter", zeroAllowed: true) : new DurationShorthand(0, 'm');
        if (!map.Has("alertAfter"))
        {
            map.Anything("alertAfter");
        }

        map.Close();
        return new SloAlertCondition
        {
            Name = meta.Name,
            Severity = severity,
            Operator = op,
            Threshold = threshold ?? 1,
            LookbackWindow = lookback,
            AlertAfter = after,
            Source = map.Line,
        };
    }
}

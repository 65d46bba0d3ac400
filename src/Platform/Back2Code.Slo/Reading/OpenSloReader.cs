namespace Back2Code.Slo;

/// <summary>Turns OpenSLO v1 objects into the catalogue. What others refer to is read first, so a reference resolves at once.</summary>
internal sealed partial class OpenSloReader
{
    private const string Version = "openslo/v1";
    private static readonly string[] Kinds =
        ["Service", "DataSource", "SLI", "AlertCondition", "AlertNotificationTarget", "AlertPolicy", "SLO"];

    private readonly Dictionary<string, SloService> _services = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SloDataSource> _dataSources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceLevelIndicator> _indicators = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SloAlertCondition> _conditions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notificationTargets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SloAlertPolicy> _policies = new(StringComparer.Ordinal);
    private readonly List<ServiceLevelObjective> _objectives = [];

    public SloCatalogue Read(IReadOnlyList<StrictMap> documents)
    {
        var objects = documents.Select(Envelope).OfType<OpenSloObject>().ToList();
        foreach (IGrouping<(string Kind, string Name), OpenSloObject> same in objects.GroupBy(o => (o.Kind, o.Meta.Name)))
        {
            foreach (OpenSloObject again in same.Skip(1))
            {
                SourceLine first = same.First().Document.Line;
                again.Document.Error($"{again.Kind} '{again.Meta.Name}' exists already at {first.File}:{first.Line}; names are unique within a kind");
            }
        }

        foreach (OpenSloObject item in objects.DistinctBy(o => (o.Kind, o.Meta.Name)).OrderBy(o => Array.IndexOf(Kinds, o.Kind)))
        {
            ReadOne(item);
            item.Spec.Close();
        }

        return new SloCatalogue
        {
            Objectives = _objectives,
            Services = [.. _services.Values],
            DataSources = [.. _dataSources.Values],
        };
    }

    private void ReadOne(OpenSloObject item)
    {
        string name = item.Meta.Name;
        switch (item.Kind)
        {
            case "Service":
                _services[name] = new SloService(name, item.Meta.DisplayName, Description(item.Spec));
                break;
            case "DataSource":
                Description(item.Spec);
                _dataSources[name] = new SloDataSource(name, item.Spec.RequiredText("type"));
                item.Spec.Anything("connectionDetails");
                break;
            case "SLI":
                _indicators[name] = Indicator(item.Meta, item.Spec);
                break;
            case "AlertCondition":
                _conditions[name] = Condition(item.Meta, item.Spec);
                break;
            case "AlertNotificationTarget":
                NotificationTarget(item.Meta, item.Spec);
                break;
            case "AlertPolicy":
                _policies[name] = Policy(item.Meta, item.Spec);
                break;
            default:
                _objectives.Add(Objective(item));
                break;
        }
    }

    private static OpenSloObject? Envelope(StrictMap document)
    {
        string version = document.RequiredText("apiVersion");
        if (version is not (Version or ""))
        {
            document.ErrorAt("apiVersion", VersionAdvice(version));
            return null;
        }

        string? kind = document.OneOf("kind", Kinds);
        if (kind is null)
        {
            if (!document.Has("kind"))
            {
                document.Error($"kind is required: one of {string.Join(", ", Kinds)}");
            }

            return null;
        }

        Metadata meta = Meta(document);
        StrictMap? spec = document.RequiredMap("spec");
        document.Close();
        return spec is null ? null : new OpenSloObject(kind, meta, spec, document);
    }

    private static string VersionAdvice(string version) => version switch
    {
        "openslo/v1alpha" => "openslo/v1alpha is not read: write openslo/v1, put the indicator under 'indicator' as a ratioMetric or thresholdMetric with "
            + "metricSource, and make the entries of timeWindow {duration: 30d, isRolling: true}",
        _ when version.Contains("v2alpha", StringComparison.Ordinal) => $"{version} is not read, it is still a draft: write openslo/v1",
        _ => $"apiVersion is '{version}'; allowed: {Version}",
    };

    private static Metadata Meta(StrictMap owner)
    {
        if (owner.RequiredMap("metadata") is not { } map)
        {
            return new Metadata("", "", null);
        }

        string name = map.RequiredText("name");
        if (name.Length > 0 && !IsLabel(name))
        {
            map.ErrorAt("name", $"name '{name}' is not an RFC 1123 label: 1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit");
        }

        string display = map.Text("displayName") ?? name;
        map.Pairs("labels", lists: true);
        IReadOnlyList<BurnRatePair>? windows = AlertWindows(map, map.Pairs("annotations", lists: false));
        map.Close();
        return new Metadata(name, display, windows);
    }

    /// <summary>OpenSLO has one window a policy; this platform's pairs are its own, so they are annotations. Foreign ones are left alone, ours are strict.</summary>
    private static IReadOnlyList<BurnRatePair>? AlertWindows(StrictMap metadata, IReadOnlyDictionary<string, string> annotations)
    {
        IReadOnlyList<BurnRatePair>? pairs = null;
        foreach ((string key, string value) in annotations.Where(a => a.Key.StartsWith("back2code/", StringComparison.Ordinal)))
        {
            if (key != AlertWindowsText.Annotation)
            {
                metadata.ErrorAt("annotations", $"unknown annotation '{key}'; allowed: {AlertWindowsText.Annotation}");
            }
            else if (!AlertWindowsText.TryParse(value, out pairs))
            {
                metadata.ErrorAt("annotations", $"{key} is '{value}'; allowed: {AlertWindowsText.Allowed}");
            }
        }

        return pairs;
    }

    private static bool IsLabel(string name) =>
        name.Length <= 63 && name[0] != '-' && name[^1] != '-' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string Description(StrictMap spec)
    {
        string text = spec.Text("description") ?? "";
        if (text.Length > 1050)
        {
            spec.ErrorAt("description", $"description has {text.Length} characters; at most 1050 are allowed");
        }

        return text;
    }

    private static DurationShorthand Duration(StrictMap map, string field, bool zeroAllowed = false)
    {
        string text = map.RequiredText(field);
        if (text.Length == 0)
        {
            return default;
        }

        if (!DurationShorthand.TryParse(text, out DurationShorthand duration) || (duration.Count == 0 && !zeroAllowed))
        {
            map.ErrorAt(field, $"{map}.{field} is '{text}'; allowed: {DurationShorthand.Allowed}");
        }

        return duration;
    }

    /// <summary>A named object, given in place or by reference; exactly one of the two.</summary>
    private static T? InPlaceOrByName<T>(
        StrictMap owner, string field, string refField, string kind, IReadOnlyDictionary<string, T> known, Func<StrictMap, T> read)
        where T : class
    {
        string? name = owner.Text(refField);
        StrictMap? inPlace = owner.Map(field);
        if (name is not null && inPlace is not null)
        {
            owner.Error($"{owner} has both {field} and {refField}; only one is allowed");
        }

        return inPlace is not null ? read(inPlace) : name is null ? null : Resolve(owner, refField, kind, name, known);
    }

    private static T? Resolve<T>(StrictMap owner, string refField, string kind, string name, IReadOnlyDictionary<string, T> known)
        where T : class
    {
        if (known.TryGetValue(name, out T? found))
        {
            return found;
        }

        string there = known.Count == 0 ? "there is none" : "there are: " + string.Join(", ", known.Keys.Order(StringComparer.Ordinal).Take(20));
        owner.ErrorAt(refField, $"{refField} names the {kind} '{name}', which no file defines; {there}");
        return null;
    }

    private sealed record Metadata(string Name, string DisplayName, IReadOnlyList<BurnRatePair>? AlertWindows);

    private sealed record OpenSloObject(string Kind, Metadata Meta, StrictMap Spec, StrictMap Document);
}

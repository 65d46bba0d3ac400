using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>An activity as read, or a reference to one that may stand further down.</summary>
internal sealed record ActivityDraft(Activity? Activity, string? Reference, DocumentNode At);

/// <summary>Reads activities; references are resolved once all are known.</summary>
internal sealed class ActivityReader(DocumentReport report, List<string> warnings, ExperimentRules rules)
{
    private readonly Dictionary<string, Activity> _referable = [];
    private readonly List<ActivityDraft> _references = [];

    public IReadOnlyList<ActivityDraft> ReadList(DocumentNode node, string what, bool canRefer, bool needsTolerance = false)
    {
        if (report.AsList(node, $"'{what}'") is not { } list)
        {
            return [];
        }

        var drafts = new List<ActivityDraft>();
        foreach (var item in list.Items)
        {
            if (report.AsMap(item, $"an entry of '{what}'") is not { } map)
            {
                continue;
            }

            if (map.Find("ref") is { } reference)
            {
                var draft = new ActivityDraft(null, report.NonEmptyText(reference.Value, "'ref'"), reference.Value);
                _references.Add(draft);
                drafts.Add(draft);
            }
            else if (Read(map, needsTolerance) is { } activity)
            {
                drafts.Add(new ActivityDraft(activity, null, map));

                // Only the hypothesis and the method can be referred to; that is the format's rule.
                if (canRefer)
                {
                    _referable.TryAdd(activity.Name, activity);
                }
            }
        }

        return drafts;
    }

    public void ResolveReferences()
    {
        foreach (var reference in _references.Where(r => r.Reference is not null && !_referable.ContainsKey(r.Reference)))
        {
            report.Add(reference.At, $"ref '{reference.Reference}' names no activity of the hypothesis or the method; known are: {KnownNames}");
        }
    }

    public IReadOnlyList<Activity> Resolve(IReadOnlyList<ActivityDraft> drafts) =>
        [.. drafts.Select(d => d.Activity ?? _referable.GetValueOrDefault(d.Reference ?? "")).OfType<Activity>()];

    public string KnownNames => _referable.Count == 0 ? "none" : string.Join(", ", _referable.Keys);

    public bool Knows(string name) => _referable.ContainsKey(name);

    public Activity? Read(MappingNode map, bool needsTolerance = false)
    {
        var name = report.RequiredText(map, "name", "an activity");
        var what = name is null ? "an activity" : $"activity '{name}'";
        ActivityType? type = report.RequiredText(map, "type", what) switch
        {
            null => null,
            "probe" => ActivityType.Probe,
            "action" => ActivityType.Action,
            var other => Wrong(map.Find("type")!.Value, $"type '{other}' of {what} is unknown; expected probe or action"),
        };
        var provider = map.Find("provider") is { } entry ? new ProviderReader(report, rules, warnings).Read(entry.Value, what, type) : Missing(map, what);
        var tolerance = needsTolerance ? ReadTolerance(map, what) : TryReadTolerance(map, what);
        var background = report.OptionalFlag(map, "background", false, what);
        var (before, after) = ReadPauses(map, what);
        if (map.Find("timeout") is { } timeout && timeout.Value is not ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real })
        {
            report.Add(timeout.Value, $"'timeout' of {what} must be a number of seconds, not {timeout.Value.Kind}");
        }

        if (map.Find("controls") is not null)
        {
            warnings.Add($"controls of {what} are Python modules and are not run");
        }

        return name is null || type is null || provider is null ? null : new Activity
        {
            Name = name,
            Type = type.Value,
            Provider = provider,
            Tolerance = tolerance,
            Background = background,
            Dry = map.Find("dry")?.Value is ScalarNode { Value: ScalarValue.Boolean dry } ? dry.Value : null,
            PauseBefore = before,
            PauseAfter = after,
            Source = (JsonObject)map.ToJson(),
        };
    }

    private Tolerance? ReadTolerance(MappingNode map, string what)
    {
        if (map.Find("tolerance") is { } entry)
        {
            return new ToleranceReader(report, this).Read(entry.Value, what);
        }

        report.Add(map, $"{what} is a hypothesis probe and needs 'tolerance' (for example 200, [1, 5] or {{type: jsonpath, path: $.x}})");
        return null;
    }

    /// <summary>Outside the hypothesis a tolerance that is none is no error: the format ignores it there, and real files are full of them.</summary>
    private Tolerance? TryReadTolerance(MappingNode map, string what)
    {
        var silent = new DocumentReport(report.File);
        var tolerance = map.Find("tolerance") is { } entry ? new ToleranceReader(silent, new ActivityReader(silent, [], rules)).Read(entry.Value, what) : null;
        return silent.Errors.Count == 0 ? tolerance : null;
    }

    private (JsonNode? Before, JsonNode? After) ReadPauses(MappingNode map, string what)
    {
        if (map.Find("pauses") is not { } entry || report.AsMap(entry.Value, $"'pauses' of {what}") is not { } pauses)
        {
            return default;
        }

        return (Pause("before"), Pause("after"));

        JsonNode? Pause(string key)
        {
            switch (pauses.Find(key)?.Value)
            {
                case null:
                    return null;
                case ScalarNode { Value: ScalarValue.Whole { Value: >= 0 and < 86_400 } or ScalarValue.Real { Value: >= 0 and < 86_400 } } number:
                    return number.ToJson();
                case ScalarNode { Value: ScalarValue.Text text } placeholder when Placeholders.IsExactlyOne(text.Value):
                    return placeholder.ToJson();
                case var other:
                    report.Add(other, $"pause '{key}' of {what} must be seconds, less than a day, or exactly one ${{placeholder}}");
                    return null;
            }
        }
    }

    private Provider? Missing(MappingNode map, string what)
    {
        report.Add(map, $"{what} needs 'provider' (a map with 'type')");
        return null;
    }

    private ActivityType? Wrong(DocumentNode at, string message)
    {
        report.Add(at, message);
        return null;
    }
}

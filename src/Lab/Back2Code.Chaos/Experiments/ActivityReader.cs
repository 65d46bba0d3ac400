using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Providers;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>An activity as read, or a reference to one that may stand further down.</summary>
internal sealed record ActivityDraft(Activity? Activity, string? Reference, DocumentNode At);

/// <summary>Reads activities; references are resolved once all are known.</summary>
internal sealed class ActivityReader(DocumentReport report, List<string> warnings)
{
    private readonly Dictionary<string, Activity> referable = [];
    private readonly List<ActivityDraft> references = [];

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
                references.Add(draft);
                drafts.Add(draft);
            }
            else if (Read(map, needsTolerance) is { } activity)
            {
                drafts.Add(new ActivityDraft(activity, null, map));

                // Only the hypothesis and the method can be referred to; that is the format's rule.
                if (canRefer)
                {
                    referable.TryAdd(activity.Name, activity);
                }
            }
        }

        return drafts;
    }

    public void ResolveReferences()
    {
        foreach (var reference in references.Where(r => r.Reference is not null && !referable.ContainsKey(r.Reference)))
        {
            report.Add(reference.At, $"ref '{reference.Reference}' names no activity of the hypothesis or the method; known are: {(referable.Count == 0 ? "none" : string.Join(", ", referable.Keys))}");
        }
    }

    public IReadOnlyList<Activity> Resolve(IReadOnlyList<ActivityDraft> drafts) =>
        [.. drafts.Select(d => d.Activity ?? referable.GetValueOrDefault(d.Reference ?? "")).OfType<Activity>()];

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
        var provider = map.Find("provider") is { } entry ? ReadProvider(entry.Value, what) : Missing(map, what);
        var tolerance = needsTolerance ? ReadTolerance(map, what) : null;
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
                case ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real } number:
                    return number.ToJson();
                case ScalarNode { Value: ScalarValue.Text text } placeholder when Placeholders.IsExactlyOne(text.Value):
                    return placeholder.ToJson();
                case var other:
                    report.Add(other, $"pause '{key}' of {what} must be seconds or exactly one ${{placeholder}}");
                    return null;
            }
        }
    }

    private Provider? ReadProvider(DocumentNode node, string what)
    {
        if (report.AsMap(node, $"'provider' of {what}") is not { } map)
        {
            return null;
        }

        var secrets = map.Find("secrets")?.Value is SequenceNode groups ? [.. groups.Items.Select(g => report.NonEmptyText(g, $"a secret group of {what}") ?? "")] : (IReadOnlyList<string>)[];
        return report.RequiredText(map, "type", $"the provider of {what}") switch
        {
            null => null,
            "http" => ReadHttp(map, what, secrets),
            "process" => ReadProcess(map, what, secrets),
            var other => Unsupported(map.Find("type")!.Value, other, what),
        };
    }

    private HttpProvider? ReadHttp(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        var url = report.RequiredText(map, "url", $"the http provider of {what}");
        var method = report.OptionalText(map, "method", what);
        var retries = map.Find("max_retries")?.Value;
        if (retries is not null and not ScalarNode { Value: ScalarValue.Whole { Value: >= 0 and <= 10 } })
        {
            report.Add(retries, $"'max_retries' of {what} must be a whole number from 0 to 10");
        }

        return url is null ? null : new HttpProvider
        {
            Url = url,
            Method = method?.ToUpperInvariant() ?? "GET",
            Headers = map.Find("headers") is { } headers ? report.AsMap(headers.Value, $"'headers' of {what}")?.ToJson() as JsonObject : null,
            Arguments = map.Find("arguments")?.Value.ToJson(),
            Timeout = ReadTimeout(map, what),
            VerifyTls = report.OptionalFlag(map, "verify_tls", true, what),
            MaxRetries = retries is ScalarNode { Value: ScalarValue.Whole n } ? (int)Math.Clamp(n.Value, 0, 10) : 0,
            Secrets = secrets,
        };
    }

    private ProcessProvider? ReadProcess(MappingNode map, string what, IReadOnlyList<string> secrets)
    {
        if (report.RequiredText(map, "path", $"the process provider of {what}") is not { } path)
        {
            return null;
        }

        // A path with a placeholder can only be checked when it runs.
        if (!Placeholders.IsIn(path) && ProgramPath.Find(path) is null)
        {
            report.Add(map.Find("path")!.Value, $"program '{path}' of {what} was not found on PATH or may not be executed");
        }

        return new ProcessProvider { Path = path, Arguments = map.Find("arguments")?.Value.ToJson(), Timeout = ReadTimeout(map, what), Secrets = secrets };
    }

    private JsonNode? ReadTimeout(MappingNode map, string what)
    {
        switch (map.Find("timeout")?.Value)
        {
            case null:
                return null;
            case ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real } number:
                return number.ToJson();
            case ScalarNode { Value: ScalarValue.Text text } placeholder when Placeholders.IsExactlyOne(text.Value):
                return placeholder.ToJson();
            case SequenceNode { Items: [ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real }, ScalarNode { Value: ScalarValue.Whole or ScalarValue.Real }] } pair:
                return pair.ToJson();
            case var other:
                report.Add(other, $"'timeout' of the provider of {what} must be seconds, [connect, read] seconds, or one ${{placeholder}}");
                return null;
        }
    }

    private Provider? Missing(MappingNode map, string what)
    {
        report.Add(map, $"{what} needs 'provider' (a map with type http or process)");
        return null;
    }

    private Provider? Unsupported(DocumentNode at, string type, string what)
    {
        report.Add(at, $"provider type '{type}' of {what} is not supported; expected http or process");
        return null;
    }

    private ActivityType? Wrong(DocumentNode at, string message)
    {
        report.Add(at, message);
        return null;
    }
}

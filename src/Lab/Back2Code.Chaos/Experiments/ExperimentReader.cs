using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>Turns a document into an experiment and reports everything that keeps it from being one. Unknown keys are ignored, as the format demands.</summary>
internal sealed class ExperimentReader(DocumentReport report, ExperimentRules rules)
{
    private readonly List<string> _warnings = [];

    public ExperimentReader(DocumentReport report)
        : this(report, ExperimentRules.Strict)
    {
    }

    /// <summary>Null, or unusable, when <see cref="DocumentReport.Errors"/> has entries.</summary>
    public Experiment? Read(DocumentNode document)
    {
        if (report.AsMap(document, "an experiment") is not { } root)
        {
            return null;
        }

        var title = report.RequiredText(root, "title", "the experiment");
        var description = report.RequiredText(root, "description", "the experiment");
        var activities = new ActivityReader(report, _warnings, rules);
        var hypothesis = root.Find("steady-state-hypothesis") is { Value: var node } ? ReadHypothesis(node, activities) : null;
        var method = ReadMethod(root, activities);
        var rollbacks = root.Find("rollbacks") is { } entry ? activities.ReadList(entry.Value, "rollbacks", canRefer: false) : [];
        activities.ResolveReferences();
        var (rollback, strategy) = ReadRuntime(root);
        CheckTags(root);
        if (root.Find("controls") is not null)
        {
            _warnings.Add("controls are Python modules and are not run");
        }

        var extensions = ReadExtensions(root);
        var checks = !rules.Compat && extensions.Find(e => e.Name == "back2code") is { } own
            ? report.Bind(() => new ChecksReader(report, activities).Read(own.Payload))
            : ExperimentChecks.None;
        CheckContributions(root);
        var experiment = new Experiment
        {
            Title = title ?? "",
            Description = description ?? "",
            Tags = root.Find("tags")?.Value is SequenceNode tags ? [.. tags.Items.Select(t => t.ToJson()?.ToString() ?? "")] : [],
            Configuration = report.Bind(() => OptionalMap(root, "configuration")),
            Secrets = report.Bind(() => OptionalMap(root, "secrets")),
            SteadyState = hypothesis is null ? null : new Hypothesis(hypothesis.Value.Title, [.. activities.Resolve(hypothesis.Value.Probes).Select(p => Checked(p, checks))]),
            Method = [.. activities.Resolve(method).Select(a => CheckedMethod(a, checks))],
            Rollbacks = [.. activities.Resolve(rollbacks).Select(a => a with { Tolerance = null })],
            RollbackStrategy = rollback,
            HypothesisStrategy = strategy,
            Checks = checks,
            Extensions = extensions,
            Source = root,
            Warnings = _warnings,
        };
        ScopeReader.Check(experiment, report, rules);
        return experiment;
    }

    /// <summary>A probe of the hypothesis has its tolerance already; the extension can give it time.</summary>
    private static Activity Checked(Activity probe, ExperimentChecks checks) =>
        checks.Activities.TryGetValue(probe.Name, out var check) ? probe with { Tolerance = check.Tolerance ?? probe.Tolerance, Patience = check.Patience } : probe;

    /// <summary>The format ignores a tolerance in the method, and many files have one that would miss; only where the extension names it, it counts.</summary>
    private Activity CheckedMethod(Activity activity, ExperimentChecks checks)
    {
        if (checks.Activities.TryGetValue(activity.Name, out var check))
        {
            return activity with { Tolerance = check.Tolerance ?? activity.Tolerance, Patience = check.Patience };
        }

        if (!rules.Compat && activity.Source.ContainsKey("tolerance") && activity.Tolerance is null)
        {
            _warnings.Add($"the tolerance of '{activity.Name}' is not checked: the format ignores it in the method (name the activity under 'activities' of the extension back2code)");
        }

        return activity with { Tolerance = null };
    }

    private (string Title, IReadOnlyList<ActivityDraft> Probes)? ReadHypothesis(DocumentNode node, ActivityReader activities)
    {
        if (node is ScalarNode { Value: ScalarValue.Null } || report.AsMap(node, "'steady-state-hypothesis'") is not { } map)
        {
            return null;
        }

        if (map.Find("controls") is not null)
        {
            _warnings.Add("controls of the hypothesis are Python modules and are not run");
        }

        var title = report.RequiredText(map, "title", "the steady-state hypothesis");
        var probes = map.Find("probes") is { } entry ? activities.ReadList(entry.Value, "probes", canRefer: true, needsTolerance: true) : [];
        return (title ?? "", probes);
    }

    private IReadOnlyList<ActivityDraft> ReadMethod(MappingNode root, ActivityReader activities)
    {
        if (root.Find("method") is { } entry)
        {
            return activities.ReadList(entry.Value, "method", canRefer: true);
        }

        report.Add(root, "the experiment needs 'method' (a list of activities; [] if there are none)");
        return [];
    }

    private (RollbackStrategy Rollback, HypothesisStrategy Hypothesis) ReadRuntime(MappingNode root)
    {
        if (root.Find("runtime")?.Value is not MappingNode runtime)
        {
            return default;
        }

        return (
            ReadStrategy(runtime, "rollbacks", Strategies.Rollback, Strategies.RollbackNames),
            ReadStrategy(runtime, "hypothesis", Strategies.Hypothesis, Strategies.HypothesisNames));
    }

    private T ReadStrategy<T>(MappingNode runtime, string key, Func<string, T?> parse, string expected)
        where T : struct
    {
        if (Strategy(runtime, key) is not { } strategy)
        {
            return default;
        }

        if (parse(strategy.Text) is { } known)
        {
            return known;
        }

        report.Add(strategy.Node, $"strategy '{strategy.Text}' of {key} is unknown; expected {expected}");
        return default;
    }

    private (DocumentNode Node, string Text)? Strategy(MappingNode runtime, string key) =>
        runtime.Find(key)?.Value is MappingNode map && map.Find("strategy") is { } entry && report.NonEmptyText(entry.Value, $"strategy of {key}") is { } text
            ? (entry.Value, text)
            : null;

    private void CheckContributions(MappingNode root)
    {
        foreach (var entry in OptionalMap(root, "contributions")?.Entries ?? [])
        {
            if (entry.Value is not ScalarNode { Value: ScalarValue.Text { Value: "high" or "medium" or "low" or "none" } })
            {
                report.Add(entry.Value, $"contribution '{entry.Key}' must be high, medium, low or none");
            }
        }
    }

    private void CheckTags(MappingNode root)
    {
        if (root.Find("tags") is { } entry && report.AsList(entry.Value, "'tags'") is { } tags)
        {
            foreach (var tag in tags.Items)
            {
                report.NonEmptyText(tag, "a tag");
            }
        }
    }

    private MappingNode? OptionalMap(MappingNode root, string key) =>
        root.Find(key) is { Value: not ScalarNode { Value: ScalarValue.Null } } entry ? report.AsMap(entry.Value, $"'{key}'") : null;

    private List<Extension> ReadExtensions(MappingNode root)
    {
        var extensions = new List<Extension>();
        if (root.Find("extensions") is { } entry && report.AsList(entry.Value, "'extensions'") is { } list)
        {
            foreach (var item in list.Items)
            {
                if (report.AsMap(item, "an extension") is { } map && report.RequiredText(map, "name", "an extension") is { } name)
                {
                    extensions.Add(new Extension(name, map));
                }
            }
        }

        return extensions;
    }
}

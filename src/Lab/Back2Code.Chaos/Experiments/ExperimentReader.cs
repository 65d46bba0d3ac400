using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>Turns a document into an experiment and reports everything that keeps it from being one. Unknown keys are ignored, as the format demands.</summary>
internal sealed class ExperimentReader(DocumentReport report)
{
    private readonly List<string> warnings = [];

    /// <summary>Null, or unusable, when <see cref="DocumentReport.Errors"/> has entries.</summary>
    public Experiment? Read(DocumentNode document)
    {
        if (report.AsMap(document, "an experiment") is not { } root)
        {
            return null;
        }

        var title = report.RequiredText(root, "title", "the experiment");
        var description = report.RequiredText(root, "description", "the experiment");
        var activities = new ActivityReader(report, warnings);
        var hypothesis = root.Find("steady-state-hypothesis") is { Value: var node } ? ReadHypothesis(node, activities) : null;
        var method = ReadMethod(root, activities);
        var rollbacks = root.Find("rollbacks") is { } entry ? activities.ReadList(entry.Value, "rollbacks", canRefer: false) : [];
        activities.ResolveReferences();
        var (rollback, strategy) = ReadRuntime(root);
        CheckTags(root);
        if (root.Find("controls") is not null)
        {
            warnings.Add("controls are Python modules and are not run");
        }

        var experiment = new Experiment
        {
            Title = title ?? "",
            Description = description ?? "",
            Tags = root.Find("tags")?.Value is SequenceNode tags ? [.. tags.Items.Select(t => t.ToJson()?.ToString() ?? "")] : [],
            Configuration = OptionalMap(root, "configuration"),
            Secrets = OptionalMap(root, "secrets"),
            SteadyState = hypothesis is null ? null : new Hypothesis(hypothesis.Value.Title, activities.Resolve(hypothesis.Value.Probes)),
            Method = activities.Resolve(method),
            Rollbacks = activities.Resolve(rollbacks),
            RollbackStrategy = rollback,
            HypothesisStrategy = strategy,
            Extensions = ReadExtensions(root),
            Source = root,
            Warnings = warnings,
        };
        ExperimentScope.Check(experiment, report);
        return experiment;
    }

    private (string Title, IReadOnlyList<ActivityDraft> Probes)? ReadHypothesis(DocumentNode node, ActivityReader activities)
    {
        if (report.AsMap(node, "'steady-state-hypothesis'") is not { } map)
        {
            return null;
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

        var rollback = Strategy(runtime, "rollbacks") is not { } r ? RollbackStrategy.Always : r.Text switch
        {
            "default" or "always" => RollbackStrategy.Always,
            "deviated" => RollbackStrategy.Deviated,
            "never" => RollbackStrategy.Never,
            _ => Unknown(r, RollbackStrategy.Always, "default, always, deviated or never"),
        };
        var hypothesis = Strategy(runtime, "hypothesis") is not { } h ? HypothesisStrategy.BeforeAndAfter : h.Text switch
        {
            "default" => HypothesisStrategy.BeforeAndAfter,
            "before-method-only" => HypothesisStrategy.BeforeOnly,
            "after-method-only" => HypothesisStrategy.AfterOnly,
            "skip" => HypothesisStrategy.Skip,
            _ => Unknown(h, HypothesisStrategy.BeforeAndAfter, "default, before-method-only, after-method-only or skip"),
        };
        return (rollback, hypothesis);
    }

    private (DocumentNode Node, string Text)? Strategy(MappingNode runtime, string key) =>
        runtime.Find(key)?.Value is MappingNode map && map.Find("strategy") is { } entry && report.NonEmptyText(entry.Value, $"strategy of {key}") is { } text
            ? (entry.Value, text)
            : null;

    private T Unknown<T>((DocumentNode Node, string Text) strategy, T otherwise, string expected)
    {
        report.Add(strategy.Node, $"strategy '{strategy.Text}' is not supported; expected {expected}");
        return otherwise;
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

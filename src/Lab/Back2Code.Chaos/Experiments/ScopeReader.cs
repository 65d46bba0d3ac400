using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments;

/// <summary>Resolves <c>configuration</c> and <c>secrets</c> for one run.</summary>
internal sealed class ScopeReader(Experiment experiment, ExperimentValues given, ActivityRunner? runner)
{
    private readonly Dictionary<string, JsonNode?> _configuration = new(given.Variables);

    public async Task<ExperimentScope> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = (experiment.Configuration?.Entries ?? []).Where(e => !given.Variables.ContainsKey(e.Key)).ToList();

        // Dynamic entries come last, so that they see every other one; among themselves they go in file order.
        foreach (var entry in entries.Where(e => TypeOf(e.Value) != "probe"))
        {
            _configuration[entry.Key] = EnvironmentEntry.Resolve(entry, given.Environment, $"configuration '{entry.Key}'");
        }

        var secrets = await ReadSecretsAsync(cancellationToken);
        var scope = new ExperimentScope(_configuration, secrets, given.Hidden);
        foreach (var entry in entries.Where(e => TypeOf(e.Value) == "probe"))
        {
            await ReadDynamicAsync(entry.Key, (MappingNode)entry.Value, scope, cancellationToken);
        }

        return scope;
    }

    /// <summary>What can be known to be wrong before the environment is asked. Without its values nothing can be run.</summary>
    public static void Check(Experiment experiment, DocumentReport report, ExperimentRules rules)
    {
        report.Bind(() => CheckValues(experiment, report, rules));

        // A group whose values come from outside (--var-file) is declared all the same: 'secrets: {group: {}}'.
        var known = experiment.Secrets?.Entries.Select(e => e.Key).ToHashSet() ?? [];
        foreach (var (activity, group) in experiment.Method.Concat(experiment.Rollbacks).Concat(experiment.SteadyState?.Probes ?? [])
            .SelectMany(a => a.Provider.Secrets.Select(g => (a, g))).Where(x => !known.Contains(x.g)))
        {
            report.Add(experiment.Source, $"activity '{activity.Name}' asks for the secret group '{group}', which 'secrets' does not have");
        }
    }

    private static void CheckValues(Experiment experiment, DocumentReport report, ExperimentRules rules)
    {
        foreach (var entry in experiment.Configuration?.Entries ?? [])
        {
            var what = $"configuration '{entry.Key}'";
            EnvironmentEntry.Check(entry, what, report);
            if (TypeOf(entry.Value) == "probe")
            {
                new ActivityReader(report, [], rules).Read(WithoutDefault((MappingNode)entry.Value));
            }
        }

        foreach (var group in experiment.Secrets?.Entries ?? [])
        {
            if (report.AsMap(group.Value, $"secret group '{group.Key}'") is { } map)
            {
                CheckSecrets(map, group.Key, report);
            }
        }
    }

    public static string? TypeOf(DocumentNode node) =>
        node is MappingNode map && map.Find("type")?.Value is ScalarNode { Value: ScalarValue.Text text } ? text.Value : null;

    private static void CheckSecrets(MappingNode map, string path, DocumentReport report)
    {
        foreach (var entry in map.Entries)
        {
            var what = $"secret '{path}.{entry.Key}'";
            EnvironmentEntry.Check(entry, what, report);
            if (TypeOf(entry.Value) == "vault")
            {
                report.RequiredText((MappingNode)entry.Value, "path", what);
                report.OptionalText((MappingNode)entry.Value, "key", what);
            }
            else if (entry.Value is MappingNode nested && TypeOf(nested) is null)
            {
                CheckSecrets(nested, $"{path}.{entry.Key}", report);
            }
        }
    }

    private static MappingNode WithoutDefault(MappingNode map) => map with { Entries = [.. map.Entries.Where(e => e.Key != "default")] };

    private async Task<IReadOnlyDictionary<string, JsonObject>> ReadSecretsAsync(CancellationToken cancellationToken)
    {
        using var vault = new VaultClient(_configuration);
        var groups = new Dictionary<string, JsonObject>();
        foreach (var group in experiment.Secrets?.Entries ?? [])
        {
            groups[group.Key] = await ReadGroupAsync((MappingNode)group.Value, group.Key, vault, cancellationToken);
        }

        foreach (var (group, values) in given.Secrets)
        {
            var merged = groups.GetValueOrDefault(group) ?? [];
            foreach (var (key, value) in values)
            {
                merged[key] = value?.DeepClone();
            }

            groups[group] = merged;
        }

        return groups;
    }

    private async Task<JsonObject> ReadGroupAsync(MappingNode map, string path, VaultClient vault, CancellationToken cancellationToken)
    {
        var values = new JsonObject();
        foreach (var entry in map.Entries)
        {
            var name = $"{path}.{entry.Key}";
            values[entry.Key] = given.Secrets.TryGetValue(path, out var group) && group.ContainsKey(entry.Key) ? null : TypeOf(entry.Value) switch
            {
                "vault" => await vault.ReadAsync((MappingNode)entry.Value, $"secret '{name}'", cancellationToken),
                null when entry.Value is MappingNode nested => await ReadGroupAsync(nested, name, vault, cancellationToken),
                _ => EnvironmentEntry.Resolve(entry, given.Environment, $"secret '{name}'"),
            };
        }

        return values;
    }

    /// <summary>A dynamic entry that fails is left out, as in the reference; whoever needs it then sees its placeholder verbatim.</summary>
    private async Task ReadDynamicAsync(string key, MappingNode map, ExperimentScope scope, CancellationToken cancellationToken)
    {
        if (runner is null || new ActivityReader(new DocumentReport(""), [], ExperimentRules.Strict).Read(WithoutDefault(map)) is not { } activity)
        {
            return;
        }

        var result = await runner.RunAsync(activity, scope, cancellationToken);
        var isGood = result.Succeeded && (activity.Provider is not ProcessProvider || (result.Output?["status"] is { } status && Values.AsNumber(status) == 0));
        if (isGood)
        {
            _configuration[key] = activity.Provider switch
            {
                ProcessProvider => JsonValue.Create(result.Output!["stdout"]!.GetValue<string>().Trim()),
                HttpProvider => result.Output?["body"]?.DeepClone(),
                _ => result.Output?.DeepClone(),
            };
        }
        else if (map.Find("default") is { } otherwise)
        {
            _configuration[key] = otherwise.Value.ToJson();
        }
        else
        {
            scope.MutableWarnings.Add(scope.Mask.Hide($"configuration '{key}' could not be had and is left out: {result.Exception?[0] ?? $"its program ended with {result.Output?["status"]?.ToJsonString() ?? "nothing"}"}"));
        }
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>What placeholders can name in one run: the resolved configuration and the secrets, group by group.</summary>
public sealed class ExperimentScope
{
    private readonly Dictionary<string, JsonNode?> configuration;
    private readonly Dictionary<string, Dictionary<string, JsonNode?>> secrets;

    private ExperimentScope(Dictionary<string, JsonNode?> configuration, Dictionary<string, Dictionary<string, JsonNode?>> secrets)
    {
        this.configuration = configuration;
        this.secrets = secrets;
    }

    public IReadOnlyDictionary<string, JsonNode?> Configuration => configuration;

    /// <summary>The configuration plus the named secret groups. The configuration wins, as in the reference.</summary>
    public IReadOnlyDictionary<string, JsonNode?> For(Provider provider)
    {
        if (provider.Secrets.Count == 0)
        {
            return configuration;
        }

        var values = new Dictionary<string, JsonNode?>();
        foreach (var (key, value) in provider.Secrets.SelectMany(group => secrets.GetValueOrDefault(group) ?? []))
        {
            values[key] = value;
        }

        foreach (var (key, value) in configuration)
        {
            values[key] = value;
        }

        return values;
    }

    /// <summary>Looks up the environment and runs the dynamic entries, in file order.</summary>
    /// <param name="experiment">Whose <c>configuration</c> and <c>secrets</c> count.</param>
    /// <param name="given">Values from outside the file; they win over the file's.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="runner">Runs dynamic entries; null leaves them out.</param>
    /// <exception cref="ExperimentSettingsException">An environment variable without default is missing or has no value of its type.</exception>
    public static async Task<ExperimentScope> ResolveAsync(
        Experiment experiment, IReadOnlyDictionary<string, JsonNode?> given, Func<string, string?> environment, ActivityRunner? runner, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, JsonNode?>(given);
        var groups = new Dictionary<string, Dictionary<string, JsonNode?>>();
        var scope = new ExperimentScope(values, groups);
        foreach (var entry in experiment.Configuration?.Entries ?? [])
        {
            if (given.ContainsKey(entry.Key))
            {
                continue;
            }

            if (TypeOf(entry.Value) == "probe")
            {
                if (runner is not null && await ReadDynamicAsync((MappingNode)entry.Value, scope, runner, cancellationToken) is { } found)
                {
                    values[entry.Key] = found.Value;
                }
            }
            else
            {
                values[entry.Key] = Resolve(entry, environment, $"configuration '{entry.Key}'");
            }
        }

        foreach (var group in experiment.Secrets?.Entries ?? [])
        {
            groups[group.Key] = ((MappingNode)group.Value).Entries.ToDictionary(e => e.Key, e => Resolve(e, environment, $"secret '{group.Key}.{e.Key}'"));
        }

        return scope;
    }

    /// <summary>What can be known to be wrong before the environment is asked.</summary>
    internal static void Check(Experiment experiment, DocumentReport report)
    {
        foreach (var entry in experiment.Configuration?.Entries ?? [])
        {
            CheckEntry(entry, $"configuration '{entry.Key}'", report, dynamic: true);
        }

        foreach (var group in experiment.Secrets?.Entries ?? [])
        {
            foreach (var entry in report.AsMap(group.Value, $"secret group '{group.Key}'")?.Entries ?? [])
            {
                CheckEntry(entry, $"secret '{group.Key}.{entry.Key}'", report, dynamic: false);
            }
        }

        var known = experiment.Secrets?.Entries.Select(e => e.Key).ToHashSet() ?? [];
        foreach (var (activity, group) in experiment.Method.Concat(experiment.Rollbacks).Concat(experiment.SteadyState?.Probes ?? [])
            .SelectMany(a => a.Provider.Secrets.Select(g => (a, g))).Where(x => !known.Contains(x.g)))
        {
            report.Add(experiment.Source, $"activity '{activity.Name}' asks for the secret group '{group}', which 'secrets' does not have");
        }
    }

    private static void CheckEntry(MappingEntry entry, string what, DocumentReport report, bool dynamic)
    {
        switch (TypeOf(entry.Value))
        {
            case "env":
                var map = (MappingNode)entry.Value;
                report.RequiredText(map, "key", what);
                if (map.Find("env_var_type") is { } type && type.Value.ToJson()?.ToString() is not ("str" or "int" or "float" or "number" or "bytes" or "bool" or "json"))
                {
                    report.Add(type, $"'env_var_type' of {what} must be str, int, float, number, bytes, bool or json");
                }

                break;
            case "vault":
                report.Add(entry, $"{what} comes from a vault, which is not supported; expected a value or {{type: env, key: NAME}}");
                break;
            case "probe" when dynamic:
                new ActivityReader(report, []).Read(WithoutDefault((MappingNode)entry.Value));
                break;
        }
    }

    private static string? TypeOf(DocumentNode node) =>
        node is MappingNode map && map.Find("type")?.Value is ScalarNode { Value: ScalarValue.Text text } ? text.Value : null;

    private static MappingNode WithoutDefault(MappingNode map) => map with { Entries = [.. map.Entries.Where(e => e.Key != "default")] };

    private static JsonNode? Resolve(MappingEntry entry, Func<string, string?> environment, string what)
    {
        if (TypeOf(entry.Value) != "env")
        {
            return entry.Value.ToJson();
        }

        var map = (MappingNode)entry.Value;
        var key = map.Find("key")!.Value.ToJson()!.ToString();
        if (environment(key) is not { } text)
        {
            return map.Find("default") is { } otherwise
                ? otherwise.Value.ToJson()
                : throw new ExperimentSettingsException($"{what} comes from the environment variable {key}, which is not set; set it or give the entry a default");
        }

        var type = map.Find("env_var_type")?.Value.ToJson()?.ToString() ?? "str";
        return Convert(text, type) ?? throw new ExperimentSettingsException($"{what}: the environment variable {key} holds '{text}', which is no {type}");
    }

    private static JsonNode? Convert(string text, string type)
    {
        switch (type)
        {
            case "int":
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole) : null;
            case "float" or "number":
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? JsonValue.Create(real) : null;
            case "bool":
                return JsonValue.Create(text.ToUpperInvariant() is not ("FALSE" or "0" or "NO"));
            case "json":
                try
                {
                    return JsonNode.Parse(text);
                }
                catch (JsonException)
                {
                    return null;
                }

            default:
                return JsonValue.Create(text);
        }
    }

    /// <summary>A dynamic entry that fails is left out, as in the reference; whoever needs it then sees its placeholder verbatim.</summary>
    private static async Task<(JsonNode? Value, bool _)?> ReadDynamicAsync(MappingNode map, ExperimentScope scope, ActivityRunner runner, CancellationToken cancellationToken)
    {
        var report = new DocumentReport("");
        if (new ActivityReader(report, []).Read(map) is not { } activity)
        {
            return null;
        }

        var result = await runner.RunAsync(activity, scope, cancellationToken);
        if (!result.Succeeded)
        {
            return map.Find("default") is { } otherwise ? (otherwise.Value.ToJson(), true) : null;
        }

        return activity.Provider switch
        {
            ProcessProvider => result.Output?["status"]?.GetValue<int>() == 0 ? (JsonValue.Create(result.Output["stdout"]!.GetValue<string>().Trim()), true) : null,
            _ => (result.Output?["body"]?.DeepClone(), true),
        };
    }
}

/// <summary>The experiment needs something from its surroundings that is not there.</summary>
public sealed class ExperimentSettingsException(string message) : Exception(message);

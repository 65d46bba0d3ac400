using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Chaos.Experiments;

/// <summary>A value as written, or <c>{type: env, key, default?, env_var_type?}</c>.</summary>
internal static class EnvironmentEntry
{
    public static void Check(MappingEntry entry, string what, DocumentReport report)
    {
        if (ScopeReader.TypeOf(entry.Value) != "env")
        {
            return;
        }

        var map = (MappingNode)entry.Value;
        report.RequiredText(map, "key", what);
        if (map.Find("env_var_type") is { } type && type.Value.ToJson()?.ToString() is not ("str" or "int" or "float" or "number" or "bytes" or "bool" or "json"))
        {
            report.Add(type, $"'env_var_type' of {what} must be str, int, float, number, bytes, bool or json");
        }
    }

    /// <exception cref="ExperimentSettingsException">The variable is not set and there is no default, or it has no value of its type.</exception>
    public static JsonNode? Resolve(MappingEntry entry, Func<string, string?> environment, string what)
    {
        if (ScopeReader.TypeOf(entry.Value) != "env")
        {
            return entry.Value.ToJson();
        }

        var map = (MappingNode)entry.Value;
        var key = map.Find("key")!.Value.ToJson()!.ToString();
        var type = map.Find("env_var_type")?.Value.ToJson()?.ToString();
        if (environment(key) is { } text)
        {
            // The value is not repeated: it may be a secret.
            return Typed(text, type ?? "str") ?? throw new ExperimentSettingsException($"{what}: what the environment variable {key} holds is no {type}");
        }

        var otherwise = map.Find("default") is { Value: not ScalarNode { Value: ScalarValue.Null } } given
            ? given.Value.ToJson()
            : throw new ExperimentSettingsException($"{what} comes from the environment variable {key}, which is not set; set it or give the entry a default");
        return otherwise is JsonValue value && value.TryGetValue<string>(out var written) && type is not null ? Typed(written, type) ?? otherwise : otherwise;
    }

    /// <returns>Null when the text is no value of the type.</returns>
    public static JsonNode? Typed(string text, string type)
    {
        switch (type)
        {
            case "int":
                return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? JsonValue.Create(whole) : null;
            case "float" or "number":
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? JsonValue.Create(real) : null;
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
}

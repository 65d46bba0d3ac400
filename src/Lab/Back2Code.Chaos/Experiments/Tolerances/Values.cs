using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>Comparisons of loosely typed values.</summary>
internal static class Values
{
    /// <summary>Numbers by value (1 equals 1.0), everything else by type and content.</summary>
    public static bool AreEqual(JsonNode? left, JsonNode? right) => (left, right) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b).All(static pair => AreEqual(pair.First, pair.Second)),
        (JsonObject a, JsonObject b) => a.Count == b.Count && a.All(entry => b.TryGetPropertyValue(entry.Key, out var other) && AreEqual(entry.Value, other)),
        _ when IsNumber(left) && IsNumber(right) => AsNumber(left) is { } a && AsNumber(right) is { } b && a == b,
        _ => JsonNode.DeepEquals(left, right),
    };

    public static bool IsNumber(JsonNode? node) => node is JsonValue && node.GetValueKind() == JsonValueKind.Number;

    /// <summary>A number, or text that holds one (a trailing newline, as programs print it, does not matter); otherwise null.</summary>
    public static double? AsNumber(JsonNode? node) => node switch
    {
        JsonValue when node.GetValueKind() == JsonValueKind.Number => double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture),
        JsonValue text when text.TryGetValue<string>(out var s) && double.TryParse(s.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    /// <summary>A field of a map if it is there, else the whole.</summary>
    public static JsonNode? Target(JsonNode? output, string? target) =>
        target is not null && output is JsonObject map && map.TryGetPropertyValue(target, out var value) ? value : output;

    /// <summary>Truth as Python sees it: empty and zero are false.</summary>
    public static bool IsTruthy(JsonNode? node) => node switch
    {
        null => false,
        JsonObject map => map.Count > 0,
        JsonArray list => list.Count > 0,
        _ => node.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.String => node.GetValue<string>().Length > 0,
            JsonValueKind.Number => AsNumber(node) != 0,
            _ => false,
        },
    };
}

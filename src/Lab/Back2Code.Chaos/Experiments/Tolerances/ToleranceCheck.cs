using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.JsonPaths;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>
/// Judges an output. Follows the reference, except where it crashes on an output of an unexpected type: here a pattern is looked for in the text of the
/// output, and else such an output is simply not within the tolerance.
/// </summary>
internal static class ToleranceCheck
{
    /// <param name="tolerance">What the output must be.</param>
    /// <param name="output">What the probe gave.</param>
    /// <param name="values">For placeholders.</param>
    /// <param name="compat">The letter of the reference: two texts are a range, and a judging probe says yes with any output that is not empty.</param>
    /// <param name="runProbe">Runs the activity of a probe tolerance with an extra argument; returns its output, or null when it failed.</param>
    public static async Task<bool> IsMetAsync(
        Tolerance tolerance, JsonNode? output, IReadOnlyDictionary<string, JsonNode?> values, bool compat, Func<Activity, JsonNode?, Task<JsonNode?>> runProbe) => tolerance switch
        {
            Tolerance.Literal literal => MeetsLiteral(Placeholders.Fill(literal.Value, values), output, compat),
            Tolerance.Pattern pattern => MeetsPattern(pattern, output, values),
            Tolerance.Path path => MeetsPath(path, output, values),
            Tolerance.Range range => MeetsRange(range, output, values),
            Tolerance.Probe probe when compat => Values.IsTruthy(await runProbe(probe.Activity, output)),
            Tolerance.Probe probe => Values.IsTruthy(Answer(await runProbe(probe.Activity, output))),
            _ => throw new System.Diagnostics.UnreachableException(tolerance.ToString()),
        };

    private static bool MeetsLiteral(JsonNode? expected, JsonNode? output, bool compat)
    {
        var status = output is JsonObject map && map.TryGetPropertyValue("status", out var s) ? s : null;
        switch (expected)
        {
            case JsonArray list when status is not null:
                return list.Any(item => Values.AreEqual(item, status));
            case JsonArray { Count: 2 } bounds when Values.IsNumber(bounds[0]) && Values.IsNumber(bounds[1]):
                return Values.AsNumber(output) is { } number && number >= Values.AsNumber(bounds[0]) && number <= Values.AsNumber(bounds[1]);
            case JsonArray { Count: 2 } bounds when compat:
                // Compared as Python compares texts; what cannot be compared at all ends the reference.
                return Text(bounds[0]) is { } low && Text(bounds[1]) is { } high && Text(output) is { } text && string.CompareOrdinal(low, text) <= 0 && string.CompareOrdinal(text, high) <= 0;
            case JsonArray list:
                return list.Any(item => Values.AreEqual(item, output));
            case JsonValue when Values.IsNumber(expected) && status is not null:
                return Values.AreEqual(expected, status);
            default:
                return Values.AreEqual(expected, output);
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static bool MeetsPattern(Tolerance.Pattern pattern, JsonNode? output, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var text = Placeholders.AsText(Values.Target(output, pattern.Target));
        return PythonPattern.IsFound(Placeholders.FillText(pattern.Expression, values), text);
    }

    private static bool MeetsPath(Tolerance.Path path, JsonNode? output, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var value = Values.Target(output, path.Target);
        if (value is JsonValue scalar && scalar.TryGetValue<string>(out var text))
        {
            value = ParsedOrText(text);
        }

        IReadOnlyList<JsonNode?> matches;
        try
        {
            matches = JsonPath.Parse(Placeholders.FillText(path.Expression, values), JsonPathDialect.ChaosToolkit).Select(value);
        }
        catch (Exception e) when (e is FormatException or JsonPathLimitException)
        {
            return false;
        }

        if (path.Count is { } count ? matches.Count != count : matches.Count == 0)
        {
            return false;
        }

        if (path.Expect is null)
        {
            return true;
        }

        var expected = Placeholders.Fill(path.Expect, values);
        var found = new JsonArray([.. matches.Select(static m => m?.DeepClone())]);
        return Values.AreEqual(found, new JsonArray(expected?.DeepClone())) || (expected is JsonArray && Values.AreEqual(found, expected));
    }

    private static JsonNode? ParsedOrText(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static bool MeetsRange(Tolerance.Range range, JsonNode? output, IReadOnlyDictionary<string, JsonNode?> values) =>
        Values.AsNumber(Values.Target(output, range.Target)) is { } number
        && Values.AsNumber(Placeholders.Fill(range.Low, values)) is { } low
        && Values.AsNumber(Placeholders.Fill(range.High, values)) is { } high
        && number >= low && number <= high;

    /// <summary>What a probe says: the exit code of a program (0 is yes), the status of an HTTP call (below 400 is yes).</summary>
    private static JsonNode? Answer(JsonNode? output) => output is JsonObject map && map["status"] is { } status && Values.AsNumber(status) is { } number
        ? JsonValue.Create(map.ContainsKey("stdout") ? number == 0 : number < 400)
        : output;
}

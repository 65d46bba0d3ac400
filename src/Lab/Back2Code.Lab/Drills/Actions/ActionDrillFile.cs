using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.Lab.Drills.Actions;

/// <summary>Writes a drill file with other objectives. YAML in its usual form keeps every comment of its author; anything else is written anew as JSON.</summary>
internal static class ActionDrillFile
{
    private static readonly System.Text.Json.JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Text and extension of the new file.</summary>
    /// <param name="heading">Lines about where it comes from.</param>
    public static (string Text, string Extension) Write(string drillFile, IReadOnlyList<ActionPromise> promises, IReadOnlyList<string> heading)
    {
        var root = (MappingNode)ExperimentFile.LoadDocument(drillFile);
        var objectives = Extension(root).Find("objectives");
        return Path.GetExtension(drillFile) is ".yaml" or ".yml" && objectives?.Value is MappingNode { Entries: [var first, ..] } map && first.Line > objectives.Line
            ? (string.Concat(heading.Select(line => $"# {line}\n")) + Edit(File.ReadAllLines(drillFile), objectives, map, promises), ".yaml")
            : (AsJson(root, promises, heading), ".json");
    }

    private static string Edit(string[] lines, MappingEntry objectives, MappingNode map, IReadOnlyList<ActionPromise> promises)
    {
        var added = new List<string>();
        foreach (var promise in promises)
        {
            if (map.Find(promise.Objective) is { } entry)
            {
                lines[entry.Line - 1] = $"{new string(' ', entry.Column - 1)}{entry.Key}: {promise.Text}";
            }
            else
            {
                added.Add($"{new string(' ', map.Entries[0].Column - 1)}{promise.Objective}: {promise.Text}");
            }
        }

        return string.Join('\n', [.. lines[..objectives.Line], .. added, .. lines[objectives.Line..]]) + "\n";
    }

    private static string AsJson(MappingNode root, IReadOnlyList<ActionPromise> promises, IReadOnlyList<string> heading)
    {
        var json = (JsonObject)root.ToJson();
        json["description"] = $"{string.Join(' ', heading)} {json["description"]}";
        var extension = json["extensions"]!.AsArray().OfType<JsonObject>().First(e => (string?)e["name"] == "back2code");
        var objectives = extension["objectives"] as JsonObject ?? [];
        extension["objectives"] = objectives;
        foreach (var promise in promises)
        {
            objectives[promise.Objective] = double.TryParse(promise.Text, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number % 1 == 0 ? JsonValue.Create((long)number) : JsonValue.Create(number)
                : JsonValue.Create(promise.Text);
        }

        return json.ToJsonString(Format) + "\n";
    }

    private static MappingNode Extension(MappingNode root) =>
        ((SequenceNode)root.Find("extensions")!.Value).Items.OfType<MappingNode>().First(item => item.Find("name")?.Value is ScalarNode { Value: ScalarValue.Text { Value: "back2code" } });
}

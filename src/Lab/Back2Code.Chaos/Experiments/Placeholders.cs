using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Back2Code.Chaos.Experiments;

/// <summary>
/// <c>${name}</c> and <c>$name</c> with the rules of Python's <c>string.Template.safe_substitute</c>: <c>$$</c> is a dollar, an unknown name stays
/// as it is. Text that is exactly one placeholder becomes the value itself, with its type.
/// </summary>
public static partial class Placeholders
{
    public static bool IsExactlyOne(string text) => Token().Match(text) is { Success: true, Index: 0 } match && match.Length == text.Length && NameOf(match) is not null;

    public static bool IsIn(string text) => Token().Matches(text).Any(m => NameOf(m) is not null);

    /// <returns>A new tree; maps and lists are followed, keys are left alone.</returns>
    public static JsonNode? Fill(JsonNode? node, IReadOnlyDictionary<string, JsonNode?> values)
    {
        switch (node)
        {
            case JsonObject map:
                var filled = new JsonObject();
                foreach (var (key, value) in map)
                {
                    filled[key] = Fill(value, values);
                }

                return filled;
            case JsonArray list:
                return new JsonArray([.. list.Select(item => Fill(item, values))]);
            case JsonValue scalar when scalar.TryGetValue<string>(out var text):
                return Fill(text, values);
            default:
                return node?.DeepClone();
        }
    }

    public static JsonNode? Fill(string text, IReadOnlyDictionary<string, JsonNode?> values)
    {
        if (IsExactlyOne(text) && values.TryGetValue(NameOf(Token().Match(text))!, out var whole))
        {
            return whole?.DeepClone();
        }

        return JsonValue.Create(FillText(text, values));
    }

    public static string FillText(string text, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var result = new StringBuilder();
        var last = 0;
        foreach (Match match in Token().Matches(text))
        {
            result.Append(text, last, match.Index - last);
            last = match.Index + match.Length;
            if (match.Value == "$$")
            {
                result.Append('$');
            }
            else
            {
                result.Append(NameOf(match) is { } name && values.TryGetValue(name, out var value) ? AsText(value) : match.Value);
            }
        }

        return result.Append(text, last, text.Length - last).ToString();
    }

    /// <summary>Text without quotes, everything else as JSON.</summary>
    public static string AsText(JsonNode? value) =>
        value is JsonValue scalar && scalar.TryGetValue<string>(out var text) ? text : value?.ToJsonString() ?? "";

    private static string? NameOf(Match match) =>
        match.Groups["braced"] is { Success: true } braced ? braced.Value : match.Groups["bare"] is { Success: true } bare ? bare.Value : null;

    [GeneratedRegex(@"\$(?:\$|\{(?<braced>[_a-zA-Z][_a-zA-Z0-9]*)\}|(?<bare>[_a-zA-Z][_a-zA-Z0-9]*))")]
    private static partial Regex Token();
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments;

/// <summary>Replaces secrets by stars in whatever is printed or written, as they are and as they look in a URL, in Base64 and in JSON.</summary>
public sealed class SecretMask
{
    public const string Stars = "***";

    public static readonly SecretMask Empty = new([]);

    // Shorter ones are in every other word; they are hidden where they are the whole value.
    private const int ShortestInside = 3;

    private readonly HashSet<string> _whole;
    private readonly string[] _inside;

    public SecretMask(IEnumerable<JsonNode?> secrets)
    {
        _whole = [.. secrets.SelectMany(Leaves).Where(s => s.Length > 0)];

        // The longest first: a secret may be part of another.
        _inside = [.. _whole.Where(s => s.Length >= ShortestInside).SelectMany(Spellings).Distinct().OrderByDescending(s => s.Length)];
    }

    public string Hide(string text)
    {
        if (_whole.Contains(text))
        {
            return Stars;
        }

        foreach (var secret in _inside)
        {
            text = text.Replace(secret, Stars, StringComparison.Ordinal);
        }

        return text;
    }

    /// <returns>A new tree; keys stay.</returns>
    public JsonNode? Hide(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, Hide(entry.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Hide)]),
        JsonValue text when text.TryGetValue<string>(out var value) => JsonValue.Create(Hide(value)),
        JsonValue number when number.GetValueKind() == JsonValueKind.Number && _whole.Contains(number.ToJsonString()) => JsonValue.Create(Stars),
        _ => node?.DeepClone(),
    };

    private static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(entry => Leaves(entry.Value)),
        JsonArray list => list.SelectMany(Leaves),
        JsonValue value when value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number => [Placeholders.AsText(value)],
        _ => [],
    };

    private static IEnumerable<string> Spellings(string secret) =>
        [secret, Uri.EscapeDataString(secret), Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)), JsonEncodedText.Encode(secret).ToString()];
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.UnitTests.Architecture;

namespace Back2Code.UnitTests.Notes;

/// <summary>The few words of JSON Schema that docs/events uses. A word that it does not know fails the test instead of passing unseen.</summary>
internal sealed class JsonSchema(JsonObject schema)
{
    private static readonly HashSet<string> Remarks = ["$schema", "$id", "title", "description"];

    public static JsonSchema Load(string path) =>
        new(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, path)))!.AsObject());

    public IEnumerable<string> Violations(JsonNode? value) => Violations("", value);

    private IEnumerable<string> Violations(string path, JsonNode? value) =>
        schema.Where(word => !Remarks.Contains(word.Key)).SelectMany(word => Check(word.Key, word.Value!, path, value));

    private static IEnumerable<string> Check(string word, JsonNode rule, string path, JsonNode? value) => word switch
    {
        "type" => Require(TypeOf(value) == (string)rule!, $"{path}: not a {rule}"),
        "const" => Require(JsonNode.DeepEquals(rule, value), $"{path}: not {rule}"),
        "enum" => Require(rule.AsArray().Any(allowed => JsonNode.DeepEquals(allowed, value)), $"{path}: not one of {rule.ToJsonString()}"),
        "format" => Require(value?.GetValueKind() != JsonValueKind.String || HasFormat((string)value!, (string)rule!), $"{path}: not a {rule}"),
        "minimum" => Require(TypeOf(value) != "integer" || (long)value! >= (long)rule, $"{path}: below {rule}"),
        "minLength" => Require(TypeOf(value) != "string" || ((string)value!).Length >= (int)rule, $"{path}: too short"),
        "maxLength" => Require(TypeOf(value) != "string" || ((string)value!).Length <= (int)rule, $"{path}: too long"),
        "required" => rule.AsArray().Where(name => value?[(string)name!] is null).Select(name => $"{Join(path, (string)name!)}: missing"),
        "properties" => rule.AsObject()
            .Where(property => value?[property.Key] is not null)
            .SelectMany(property => new JsonSchema(property.Value!.AsObject()).Violations(Join(path, property.Key), value![property.Key])),
        _ => [$"{path}: the test does not know the word {word}"],
    };

    private static IEnumerable<string> Require(bool kept, string violation) => kept ? [] : [violation];

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Object => "object",
        JsonValueKind.Number when long.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out _) => "integer",
        _ => "something else",
    };

    private static bool HasFormat(string text, string format) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "date-time" => DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => false,
    };
}

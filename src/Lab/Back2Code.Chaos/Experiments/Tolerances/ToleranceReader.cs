using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.JsonPaths;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>Reads and checks tolerances before anything runs, so that a typing error does not cost a run.</summary>
internal sealed class ToleranceReader(DocumentReport report, ActivityReader activities)
{
    public Tolerance? Read(DocumentNode node, string what)
    {
        switch (node)
        {
            case ScalarNode { Value: ScalarValue.Boolean or ScalarValue.Whole or ScalarValue.Text }:
            case SequenceNode:
                return new Tolerance.Literal(node.ToJson()!);
            case ScalarNode { Value: ScalarValue.Real }:
                report.Add(node, $"tolerance of {what} is a decimal number, which the format does not allow; expected a range, for example [0.9, 1.1]");
                return null;
            case MappingNode map:
                return ReadTyped(map, what);
            default:
                report.Add(node, $"tolerance of {what} must be true, false, a whole number, text, a list or a map with 'type', not {node.Kind}");
                return null;
        }
    }

    private Tolerance? ReadTyped(MappingNode map, string what)
    {
        var target = report.OptionalText(map, "target", $"the tolerance of {what}");
        switch (report.RequiredText(map, "type", $"the tolerance of {what}"))
        {
            case null:
                return null;
            case "regex":
                return ReadPattern(map, target, what);
            case "jsonpath":
                return ReadPath(map, target, what);
            case "range":
                return ReadRange(map, target, what);
            case "probe":
                return activities.Read(map) is { } probe ? new Tolerance.Probe(probe) : null;
            case var other:
                report.Add(map.Find("type")!.Value, $"tolerance type '{other}' of {what} is unknown; expected regex, jsonpath, range or probe");
                return null;
        }
    }

    private Tolerance.Pattern? ReadPattern(MappingNode map, string? target, string what)
    {
        if (report.RequiredText(map, "pattern", $"the regex tolerance of {what}") is not { } pattern)
        {
            return null;
        }

        // One with placeholders can only be compiled once they are filled.
        if (!Placeholders.IsIn(pattern) && PythonPattern.Complaint(pattern) is { } complaint)
        {
            report.Add(map.Find("pattern")!.Value, $"pattern of {what} does not compile: {complaint}");
        }

        return new Tolerance.Pattern(pattern, target);
    }

    private Tolerance.Path? ReadPath(MappingNode map, string? target, string what)
    {
        if (report.RequiredText(map, "path", $"the jsonpath tolerance of {what}") is not { } path)
        {
            return null;
        }

        if (!Placeholders.IsIn(path))
        {
            try
            {
                JsonPath.Parse(path, JsonPathDialect.ChaosToolkit);
            }
            catch (FormatException e)
            {
                report.Add(map.Find("path")!.Value, $"path of {what}: {e.Message}");
            }
        }

        int? count = null;
        switch (map.Find("count")?.Value)
        {
            case null:
                break;
            case ScalarNode { Value: ScalarValue.Whole { Value: >= 0 and <= int.MaxValue } number }:
                count = (int)number.Value;
                break;
            case var other:
                report.Add(other, $"'count' of the tolerance of {what} must be a whole number, at least 0");
                break;
        }

        return new Tolerance.Path(path, target, map.Find("expect")?.Value.ToJson(), count);
    }

    private Tolerance.Range? ReadRange(MappingNode map, string? target, string what)
    {
        if (map.Find("range")?.Value is SequenceNode { Items: [var low, var high] } && IsBound(low) && IsBound(high))
        {
            return new Tolerance.Range(low.ToJson()!, high.ToJson()!, target);
        }

        report.Add(map.Find("range")?.Value ?? map, $"the range tolerance of {what} needs 'range: [low, high]' with two numbers");
        return null;
    }

    private static bool IsBound(DocumentNode node) => node is ScalarNode scalar && scalar.Value switch
    {
        ScalarValue.Whole or ScalarValue.Real => true,
        ScalarValue.Text text => Placeholders.IsExactlyOne(text.Value),
        _ => false,
    };
}

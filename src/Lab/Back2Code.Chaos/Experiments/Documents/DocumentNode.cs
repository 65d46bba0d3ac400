using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>A value of a JSON or YAML file that still knows where it stands, so that every complaint can name line and column.</summary>
/// <param name="Line">Line of its first character, from 1.</param>
/// <param name="Column">Column of its first character, from 1.</param>
public abstract record DocumentNode(int Line, int Column)
{
    /// <summary>What an author would call it: "a map", "a list", "text", "a number", "true or false", "nothing".</summary>
    public abstract string Kind { get; }

    /// <summary>How many nodes it stands for once aliases are expanded; the guard against alias bombs.</summary>
    internal abstract long Weight { get; }

    /// <summary>A fresh copy without positions.</summary>
    public abstract JsonNode? ToJson();
}

/// <summary>Text, number, boolean or null.</summary>
public sealed record ScalarNode(ScalarValue Value, int Line, int Column) : DocumentNode(Line, Column)
{
    public override string Kind => Value switch
    {
        ScalarValue.Text => "text",
        ScalarValue.Whole or ScalarValue.Real => "a number",
        ScalarValue.Boolean => "true or false",
        _ => "nothing",
    };

    internal override long Weight => 1;

    public override JsonNode? ToJson() => Value switch
    {
        ScalarValue.Text text => JsonValue.Create(text.Value),
        ScalarValue.Whole whole => JsonValue.Create(whole.Value),
        // JSON has no infinity; Python's journal writes it as text, and so do we.
        ScalarValue.Real real => double.IsFinite(real.Value) ? JsonValue.Create(real.Value) : JsonValue.Create(real.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ScalarValue.Boolean boolean => JsonValue.Create(boolean.Value),
        _ => null,
    };
}

/// <summary>The typed value of a scalar.</summary>
public abstract record ScalarValue
{
    private ScalarValue()
    {
    }

    public sealed record Text(string Value) : ScalarValue;

    public sealed record Whole(long Value) : ScalarValue;

    public sealed record Real(double Value) : ScalarValue;

    public sealed record Boolean(bool Value) : ScalarValue;

    public sealed record Null : ScalarValue;
}

/// <summary>A list.</summary>
public sealed record SequenceNode(IReadOnlyList<DocumentNode> Items, int Line, int Column) : DocumentNode(Line, Column)
{
    public override string Kind => "a list";

    internal override long Weight { get; } = 1 + Items.Sum(static item => item.Weight);

    public override JsonNode ToJson() => new JsonArray([.. Items.Select(static item => item.ToJson())]);
}

/// <summary>A map with text keys, in file order.</summary>
public sealed record MappingNode(IReadOnlyList<MappingEntry> Entries, int Line, int Column) : DocumentNode(Line, Column)
{
    public override string Kind => "a map";

    internal override long Weight { get; } = 1 + Entries.Sum(static entry => entry.Value.Weight);

    public MappingEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key == key);

    public override JsonNode ToJson()
    {
        var json = new JsonObject();
        foreach (var entry in Entries)
        {
            json[entry.Key] = entry.Value.ToJson();
        }

        return json;
    }
}

/// <summary>One key of a map with its value; the position is the key's.</summary>
public sealed record MappingEntry(string Key, int Line, int Column, DocumentNode Value);

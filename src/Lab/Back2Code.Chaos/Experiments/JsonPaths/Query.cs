using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.JsonPaths;

/// <summary>Segments applied one after the other, from the root <c>$</c> or, in a filter, from the current node <c>@</c>.</summary>
internal sealed record Query(bool FromRoot, IReadOnlyList<Segment> Segments)
{
    /// <summary>Whether it finds one node at most whatever the document: only such queries may be compared.</summary>
    public bool IsSingular => Segments.All(s => s is { Descends: false, Selectors: [Selector.Name or Selector.Index] });
}

/// <summary>Selectors on the children of each node, or with <c>..</c> on the node and everything below it.</summary>
internal sealed record Segment(bool Descends, IReadOnlyList<Selector> Selectors);

internal abstract record Selector
{
    private Selector()
    {
    }

    public sealed record Name(string Value) : Selector;

    public sealed record Wildcard : Selector;

    /// <summary>From 0, or from -1 backwards.</summary>
    public sealed record Index(long Position) : Selector;

    public sealed record Slice(long? Start, long? End, long Step) : Selector;

    public sealed record Filter(Condition Condition) : Selector;
}

/// <summary>What a filter asks of a node.</summary>
internal abstract record Condition
{
    private Condition()
    {
    }

    public sealed record Or(IReadOnlyList<Condition> Any) : Condition;

    public sealed record And(IReadOnlyList<Condition> All) : Condition;

    public sealed record Not(Condition Inner) : Condition;

    public sealed record Exists(Query Query) : Condition;

    public sealed record Compare(Operand Left, Comparison How, Operand Right) : Condition;

    /// <summary><c>match</c> (the whole text) or <c>search</c> (a part of it).</summary>
    public sealed record Matches(Operand Text, Operand Pattern, bool Whole) : Condition;
}

internal enum Comparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>What stands for one value, or for Nothing.</summary>
internal abstract record Operand
{
    private Operand()
    {
    }

    public sealed record Literal(JsonNode? Value) : Operand;

    /// <summary>A singular query.</summary>
    public sealed record Single(Query Query) : Operand;

    public sealed record Length(Operand Of) : Operand;

    public sealed record Count(Query Of) : Operand;

    /// <summary>The function <c>value</c>: the node found if it is exactly one.</summary>
    public sealed record ValueOf(Query Of) : Operand;
}

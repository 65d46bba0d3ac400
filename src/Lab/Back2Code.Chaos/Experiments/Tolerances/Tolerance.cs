using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>What the output of a hypothesis probe must be.</summary>
public abstract record Tolerance
{
    private Tolerance()
    {
    }

    /// <summary>A boolean, integer, text or list, compared by the rules of the format (an HTTP output by its status).</summary>
    public sealed record Literal(JsonNode Value) : Tolerance;

    /// <summary>A pattern found in the output, or in one field of it.</summary>
    public sealed record Pattern(string Expression, string? Target) : Tolerance;

    /// <summary>A JSON path that matches: at least once, <paramref name="Count"/> times, or with exactly these values.</summary>
    public sealed record Path(string Expression, string? Target, JsonNode? Expect, int? Count) : Tolerance;

    /// <summary>A number between two bounds, both included.</summary>
    public sealed record Range(JsonNode Low, JsonNode High, string? Target) : Tolerance;

    /// <summary>Another activity that is given the output as its argument <c>value</c> and must say yes.</summary>
    public sealed record Probe(Activity Activity) : Tolerance;
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments.JsonPaths;

/// <summary>Runs queries over one document (RFC 9535, section 2).</summary>
internal sealed class PathEvaluation(JsonNode? root)
{
    /// <summary>A few descendant segments in a row visit a document many times over; an answer of a megabyte needs far less than this.</summary>
    public const int MaxVisits = 1_000_000;

    private int _visits;

    public List<JsonNode?> Run(Query query) => Run(query, root);

    private List<JsonNode?> Run(Query query, JsonNode? current)
    {
        List<JsonNode?> nodes = [query.FromRoot ? root : current];
        foreach (var segment in query.Segments)
        {
            var next = new List<JsonNode?>();
            foreach (var node in nodes)
            {
                Apply(segment, node, next);
            }

            nodes = next;
        }

        return nodes;
    }

    private void Apply(Segment segment, JsonNode? node, List<JsonNode?> found)
    {
        if (++_visits > MaxVisits)
        {
            throw new JsonPathLimitException(string.Create(CultureInfo.InvariantCulture, $"the path visits more than {MaxVisits:N0} nodes of this document"));
        }

        foreach (var selector in segment.Selectors)
        {
            Select(selector, node, found);
        }

        if (segment.Descends)
        {
            foreach (var child in Children(node))
            {
                Apply(segment, child, found);
            }
        }
    }

    private void Select(Selector selector, JsonNode? node, List<JsonNode?> found)
    {
        switch (selector)
        {
            case Selector.Name name when node is JsonObject map && map.TryGetPropertyValue(name.Value, out var value):
                found.Add(value);
                break;
            case Selector.Wildcard:
                found.AddRange(Children(node));
                break;
            case Selector.Index index when node is JsonArray list:
                var at = index.Position < 0 ? list.Count + index.Position : index.Position;
                if (at >= 0 && at < list.Count)
                {
                    found.Add(list[(int)at]);
                }

                break;
            case Selector.Slice slice when node is JsonArray list:
                found.AddRange(Positions(slice, list.Count).Select(position => list[position]));
                break;
            case Selector.Filter filter:
                found.AddRange(Children(node).Where(child => Holds(filter.Condition, child)));
                break;
        }
    }

    /// <summary>Section 2.3.4.2.2, with the bounds of the document already applied.</summary>
    private static IEnumerable<int> Positions(Selector.Slice slice, int length)
    {
        long Normalized(long i) => i >= 0 ? i : length + i;
        if (slice.Step > 0)
        {
            var upper = Math.Clamp(Normalized(slice.End ?? length), 0, length);
            for (var i = Math.Clamp(Normalized(slice.Start ?? 0), 0, length); i < upper; i += slice.Step)
            {
                yield return (int)i;
            }
        }
        else if (slice.Step < 0)
        {
            var lower = Math.Clamp(slice.End is { } end ? Normalized(end) : -1, -1, length - 1);
            for (var i = Math.Clamp(Normalized(slice.Start ?? length - 1), -1, length - 1); i > lower; i += slice.Step)
            {
                yield return (int)i;
            }
        }
    }

    private static IEnumerable<JsonNode?> Children(JsonNode? node) => node switch
    {
        JsonObject map => map.Select(static entry => entry.Value),
        JsonArray list => list,
        _ => [],
    };

    private bool Holds(Condition condition, JsonNode? node) => condition switch
    {
        Condition.Or or => or.Any.Any(c => Holds(c, node)),
        Condition.And and => and.All.All(c => Holds(c, node)),
        Condition.Not not => !Holds(not.Inner, node),
        Condition.Exists exists => Run(exists.Query, node).Count > 0,
        Condition.Compare compare => Compares(Read(compare.Left, node), compare.How, Read(compare.Right, node)),
        Condition.Matches matches => Read(matches.Text, node).Text is { } text && Read(matches.Pattern, node).Text is { } pattern && IRegexp.IsMatch(text, pattern, matches.Whole),
        _ => throw new System.Diagnostics.UnreachableException(condition.ToString()),
    };

    private Value Read(Operand operand, JsonNode? node)
    {
        switch (operand)
        {
            case Operand.Literal literal:
                return new Value(literal.Value);
            case Operand.Single single:
                return Run(single.Query, node) is [var only] ? new Value(only) : Value.Nothing;
            case Operand.ValueOf value:
                return Run(value.Of, node) is [var one] ? new Value(one) : Value.Nothing;
            case Operand.Count count:
                return new Value(JsonValue.Create(Run(count.Of, node).Count));
            case Operand.Length length:
                var of = Read(length.Of, node);
                return of.Node switch
                {
                    JsonObject map => new Value(JsonValue.Create(map.Count)),
                    JsonArray list => new Value(JsonValue.Create(list.Count)),
                    _ when of.Text is { } text => new Value(JsonValue.Create(text.EnumerateRunes().Count())),
                    _ => Value.Nothing,
                };
            default:
                throw new System.Diagnostics.UnreachableException(operand.ToString());
        }
    }

    private static bool Compares(Value left, Comparison how, Value right) => how switch
    {
        Comparison.Equal => AreEqual(left, right),
        Comparison.NotEqual => !AreEqual(left, right),
        Comparison.Less => IsLess(left, right),
        Comparison.LessOrEqual => IsLess(left, right) || AreEqual(left, right),
        Comparison.Greater => IsLess(right, left),
        _ => IsLess(right, left) || AreEqual(left, right),
    };

    private static bool AreEqual(Value left, Value right) => left.Exists == right.Exists && (!left.Exists || Values.AreEqual(left.Node, right.Node));

    /// <summary>Only numbers and texts have an order; text goes by Unicode scalar values, which UTF-16 order is not.</summary>
    private static bool IsLess(Value left, Value right) =>
        left.Number is { } a && right.Number is { } b ? a < b
        : left.Text is { } s && right.Text is { } t && CompareRunes(s, t) < 0;

    private static int CompareRunes(string left, string right)
    {
        var (a, b) = (left.EnumerateRunes(), right.EnumerateRunes());
        while (true)
        {
            var (more, other) = (a.MoveNext(), b.MoveNext());
            if (!more || !other)
            {
                return more.CompareTo(other);
            }

            if (a.Current != b.Current)
            {
                return a.Current.CompareTo(b.Current);
            }
        }
    }

    /// <summary>A JSON value, or Nothing, which is not null.</summary>
    private readonly record struct Value(JsonNode? Node, bool Exists = true)
    {
        public static Value Nothing => new(null, Exists: false);

        public string? Text => Node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

        public double? Number => Node is JsonValue && Node.GetValueKind() == JsonValueKind.Number ? Values.AsNumber(Node) : null;
    }
}

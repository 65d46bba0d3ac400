using System.Globalization;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.Tolerances;

/// <summary>
/// The dialect of jsonpath2 that experiment files use: <c>$</c>, <c>.name</c>, <c>['name']</c>, <c>[0]</c>, <c>[-1]</c>, <c>.*</c>, <c>[*]</c>, <c>..name</c>, and the filters
/// <c>[?(@.k)]</c>, <c>[?(@.k = 2)]</c> (single or double equals), <c>[?(@.a.b != "x")]</c>.
/// </summary>
internal sealed class JsonPath
{
    private readonly IReadOnlyList<Step> steps;

    private JsonPath(IReadOnlyList<Step> steps) => this.steps = steps;

    private abstract record Step
    {
        public sealed record Child(string Name) : Step;

        public sealed record Index(int Position) : Step;

        public sealed record All : Step;

        public sealed record Descendants : Step;

        public sealed record Filter(IReadOnlyList<string> Path, bool Equal, JsonNode? Value, bool HasValue) : Step;
    }

    /// <exception cref="FormatException">Not a path of this dialect; the message names the position.</exception>
    public static JsonPath Parse(string expression) => new(new Scanner(expression).Steps());

    /// <summary>Every match, in document order. A match may be null (JSON's null).</summary>
    public IReadOnlyList<JsonNode?> Match(JsonNode? root)
    {
        IEnumerable<JsonNode?> current = [root];
        foreach (var step in steps)
        {
            current = current.SelectMany(node => Apply(step, node));
        }

        return [.. current];
    }

    private static IEnumerable<JsonNode?> Apply(Step step, JsonNode? node) => step switch
    {
        Step.Child child => node is JsonObject map && map.TryGetPropertyValue(child.Name, out var value) ? [value] : [],
        Step.Index index => node is JsonArray list && (index.Position < 0 ? list.Count + index.Position : index.Position) is var at && at >= 0 && at < list.Count ? [list[at]] : [],
        Step.All => Children(node),
        Step.Descendants => Descend(node),
        Step.Filter filter => Children(node).Where(child => Passes(filter, child)),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    private static IEnumerable<JsonNode?> Children(JsonNode? node) => node switch
    {
        JsonObject map => map.Select(static entry => entry.Value),
        JsonArray list => list,
        _ => [],
    };

    private static IEnumerable<JsonNode?> Descend(JsonNode? node) => Children(node).SelectMany(Descend).Prepend(node);

    private static bool Passes(Step.Filter filter, JsonNode? node)
    {
        foreach (var name in filter.Path)
        {
            if (node is not JsonObject map || !map.TryGetPropertyValue(name, out node))
            {
                return false;
            }
        }

        return !filter.HasValue || Values.AreEqual(node, filter.Value) == filter.Equal;
    }

    private sealed class Scanner(string text)
    {
        private int at;

        public List<Step> Steps()
        {
            if (text.Length == 0)
            {
                throw new FormatException("the path is empty; expected one that starts with $");
            }

            if (!TryTake('$'))
            {
                throw Wrong("expected $ at the start");
            }

            var steps = new List<Step>();
            while (at < text.Length)
            {
                if (TryTake('['))
                {
                    steps.Add(Bracket());
                }
                else if (TryTake('.'))
                {
                    if (TryTake('.'))
                    {
                        steps.Add(new Step.Descendants());
                        if (TryTake('['))
                        {
                            steps.Add(Bracket());
                            continue;
                        }
                    }

                    steps.Add(TryTake('*') ? new Step.All() : new Step.Child(Name()));
                }
                else
                {
                    throw Wrong("expected . or [");
                }
            }

            return steps;
        }

        private Step Bracket()
        {
            SkipSpace();
            Step step;
            if (TryTake('*'))
            {
                step = new Step.All();
            }
            else if (TryTake('?'))
            {
                step = Filter();
            }
            else if (at < text.Length && text[at] is '\'' or '"')
            {
                step = new Step.Child(Quoted());
            }
            else
            {
                step = new Step.Index(Whole());
            }

            SkipSpace();
            Expect(']');
            return step;
        }

        private Step.Filter Filter()
        {
            Expect('(');
            SkipSpace();
            Expect('@');
            var path = new List<string>();
            while (at < text.Length && text[at] is '.' or '[')
            {
                if (TryTake('.'))
                {
                    path.Add(Name());
                }
                else
                {
                    Expect('[');
                    path.Add(Quoted());
                    Expect(']');
                }
            }

            SkipSpace();
            if (TryTake(')'))
            {
                return new Step.Filter(path, Equal: true, Value: null, HasValue: false);
            }

            var equal = !TryTake('!');
            Expect('=');
            TryTake('=');
            SkipSpace();
            var value = Value();
            SkipSpace();
            Expect(')');
            return new Step.Filter(path, equal, value, HasValue: true);
        }

        private JsonValue? Value()
        {
            if (at < text.Length && text[at] is '\'' or '"')
            {
                return JsonValue.Create(Quoted());
            }

            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '-' or '+' or '.'))
            {
                at++;
            }

            return text[start..at] switch
            {
                "true" => JsonValue.Create(true),
                "false" => JsonValue.Create(false),
                "null" => null,
                var number when decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) => JsonValue.Create(value),
                _ => throw Wrong("expected a quoted text, a number, true, false or null"),
            };
        }

        private string Name()
        {
            var start = at;
            while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '-'))
            {
                at++;
            }

            return at > start ? text[start..at] : throw Wrong("expected a name");
        }

        private string Quoted()
        {
            var quote = text[at];
            if (quote is not ('\'' or '"'))
            {
                throw Wrong("expected a quoted name");
            }

            var end = text.IndexOf(quote, at + 1);
            if (end < 0)
            {
                throw Wrong("the quote is not closed");
            }

            var value = text[(at + 1)..end];
            at = end + 1;
            return value;
        }

        private int Whole()
        {
            var start = at;
            TryTake('-');
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            return int.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw Wrong("expected an index, a quoted name, * or ?(...)");
        }

        private void SkipSpace()
        {
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }
        }

        private bool TryTake(char c)
        {
            if (at >= text.Length || text[at] != c)
            {
                return false;
            }

            at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!TryTake(c))
            {
                throw Wrong($"expected {c}");
            }
        }

        private FormatException Wrong(string what) => new($"'{text}' is not a JSON path: {what} at position {at + 1}");
    }
}

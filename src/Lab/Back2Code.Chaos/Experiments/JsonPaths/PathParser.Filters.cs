using System.Globalization;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.JsonPaths;

internal sealed partial class PathParser
{
    private Condition Or()
    {
        Enter();
        var any = new List<Condition>();
        do
        {
            any.Add(And());
        }
        while (TryTakeSpaced("||"));

        _depth--;
        return any is [var only] ? only : new Condition.Or(any);
    }

    private Condition And()
    {
        var all = new List<Condition>();
        do
        {
            SkipSpace();
            all.Add(Basic());
        }
        while (TryTakeSpaced("&&"));

        return all is [var only] ? only : new Condition.And(all);
    }

    /// <summary>A comparison, a test, or either in parentheses; the last two may be negated.</summary>
    private Condition Basic()
    {
        if (TryTake('!'))
        {
            SkipSpace();
            return new Condition.Not(Peek() == '(' ? Parenthesized() : Test(TermAhead()));
        }

        if (Peek() == '(')
        {
            return Parenthesized();
        }

        var left = TermAhead();
        if (Operator() is not { } comparison)
        {
            return Test(left);
        }

        var comparable = Comparable(left);
        SkipSpace();
        return new Condition.Compare(comparable, comparison, Comparable(TermAhead()));
    }

    private Condition Parenthesized()
    {
        Expect('(');
        SkipSpace();
        var inner = Or();
        SkipSpace();
        Expect(')');
        return inner;
    }

    private bool TryTakeSpaced(string token)
    {
        var before = _at;
        SkipSpace();
        if (TryTake(token))
        {
            return true;
        }

        _at = before;
        return false;
    }

    private Comparison? Operator()
    {
        var before = _at;
        SkipSpace();
        Comparison? found =
            TryTake("==") ? Comparison.Equal
            : TryTake("!=") ? Comparison.NotEqual
            : TryTake("<=") ? Comparison.LessOrEqual
            : TryTake(">=") ? Comparison.GreaterOrEqual
            : TryTake("<") ? Comparison.Less
            : TryTake(">") ? Comparison.Greater
            : dialect == JsonPathDialect.ChaosToolkit && TryTake('=') ? Comparison.Equal
            : null;
        _at = found is null ? before : _at;
        return found;
    }

    /// <summary>What may stand on its own: something that can be absent, or a function that says yes or no.</summary>
    private Condition Test(Term term) => term switch
    {
        Term.Nodes nodes => new Condition.Exists(nodes.Query),
        Term.Logical logical => logical.Condition,
        _ => throw Wrong("expected a comparison; a value alone is no test"),
    };

    private Operand Comparable(Term term) => term switch
    {
        Term.One one => one.Operand,
        Term.Nodes { Query: { IsSingular: true } query } => new Operand.Single(query),
        Term.Nodes => throw Wrong("only a path that finds one node at most can be compared (no *, .., slice, list or filter); value(...) makes one of it, before"),
        _ => throw Wrong("match and search say yes or no and cannot be compared, before"),
    };

    private Term TermAhead()
    {
        switch (Peek())
        {
            case '@' or '$':
                var fromRoot = text[_at++] == '$';
                return new Term.Nodes(new Query(fromRoot, Segments()));
            case '\'' or '"':
                return new Term.One(new Operand.Literal(JsonValue.Create(Quoted())));
            case '-' or (>= '0' and <= '9'):
                return new Term.One(new Operand.Literal(Number()));
            case >= 'a' and <= 'z':
                return Word();
            default:
                throw Wrong("expected @, $, a literal or a function");
        }
    }

    private JsonValue Number()
    {
        var start = _at;
        TryTake('-');
        var whole = Digits();
        if (whole == 0 || (whole > 1 && text[_at - whole] == '0'))
        {
            throw Wrong("expected a number", start);
        }

        if (TryTake('.') && Digits() == 0)
        {
            throw Wrong("expected digits behind the point");
        }

        if (Peek() is 'e' or 'E')
        {
            _at++;
            _ = TryTake('+') || TryTake('-');
            if (Digits() == 0)
            {
                throw Wrong("expected digits of the exponent");
            }
        }

        var value = double.Parse(text.AsSpan(start, _at - start), NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(value) ? JsonValue.Create(value) : throw Wrong("the number is out of range", start);
    }

    private int Digits()
    {
        var start = _at;
        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }

        return _at - start;
    }

    private Term Word()
    {
        var start = _at;
        while (Peek() is (>= 'a' and <= 'z') or '_' or (>= '0' and <= '9'))
        {
            _at++;
        }

        var word = text[start.._at];
        if (!TryTake('('))
        {
            return word switch
            {
                "true" => new Term.One(new Operand.Literal(JsonValue.Create(true))),
                "false" => new Term.One(new Operand.Literal(JsonValue.Create(false))),
                "null" => new Term.One(new Operand.Literal(null)),
                _ => throw Wrong($"'{word}' is no literal; expected a quoted text, a number, true, false or null", start),
            };
        }

        Enter();
        var arguments = Arguments();
        _depth--;
        return (word, arguments) switch
        {
            ("length", [var of]) => new Term.One(new Operand.Length(Comparable(of))),
            ("count", [Term.Nodes nodes]) => new Term.One(new Operand.Count(nodes.Query)),
            ("value", [Term.Nodes nodes]) => new Term.One(new Operand.ValueOf(nodes.Query)),
            ("match", [var subject, var pattern]) => new Term.Logical(new Condition.Matches(Comparable(subject), Comparable(pattern), Whole: true)),
            ("search", [var subject, var pattern]) => new Term.Logical(new Condition.Matches(Comparable(subject), Comparable(pattern), Whole: false)),
            ("length" or "count" or "value" or "match" or "search", _) => throw Wrong($"{word}() is given the wrong arguments", start),
            _ => throw Wrong($"function '{word}' is unknown; expected length, count, value, match or search", start),
        };
    }

    private List<Term> Arguments()
    {
        var arguments = new List<Term>();
        SkipSpace();
        if (TryTake(')'))
        {
            return arguments;
        }

        do
        {
            SkipSpace();
            arguments.Add(TermAhead());
            SkipSpace();
        }
        while (TryTake(','));

        Expect(')');
        return arguments;
    }

    /// <summary>A piece of a filter before it is known where it stands.</summary>
    private abstract record Term
    {
        private Term()
        {
        }

        public sealed record Nodes(Query Query) : Term;

        public sealed record One(Operand Operand) : Term;

        public sealed record Logical(Condition Condition) : Term;
    }
}

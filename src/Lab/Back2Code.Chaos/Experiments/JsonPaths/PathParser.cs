using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Back2Code.Chaos.Experiments.JsonPaths;

/// <summary>Reads the grammar of RFC 9535 by recursive descent. Filters are in the other half of this class.</summary>
internal sealed partial class PathParser(string text, JsonPathDialect dialect)
{
    // RFC 9535, section 2.1: numbers of a query lie within what I-JSON can exchange exactly.
    private const long MaxInteger = 9_007_199_254_740_991;

    // Brackets in brackets; far above any real path and far below the stack.
    private const int MaxDepth = 64;

    private int _at;
    private int _depth;

    public Query ParsePath()
    {
        if (text.Length == 0)
        {
            throw new FormatException("the path is empty; expected one that starts with $");
        }

        if (!TryTake('$'))
        {
            throw Wrong("expected $ at the start");
        }

        var segments = Segments();
        return _at == text.Length ? new Query(FromRoot: true, segments) : throw Wrong("expected . or [");
    }

    private List<Segment> Segments()
    {
        var segments = new List<Segment>();
        while (true)
        {
            // White space may stand between segments but not behind the last one.
            var before = _at;
            SkipSpace();
            if (Segment() is { } segment)
            {
                segments.Add(segment);
                continue;
            }

            _at = before;
            return segments;
        }
    }

    private Segment? Segment()
    {
        if (TryTake('['))
        {
            return new Segment(Descends: false, Bracket());
        }

        if (!TryTake('.'))
        {
            return null;
        }

        var descends = TryTake('.');
        if (descends && TryTake('['))
        {
            return new Segment(Descends: true, Bracket());
        }

        return new Segment(descends, [TryTake('*') ? new Selector.Wildcard() : new Selector.Name(Name())]);
    }

    private List<Selector> Bracket()
    {
        Enter();
        var selectors = new List<Selector>();
        do
        {
            SkipSpace();
            selectors.Add(Selector());
            SkipSpace();
        }
        while (TryTake(','));

        Expect(']');
        _depth--;
        return selectors;
    }

    private Selector Selector()
    {
        switch (Peek())
        {
            case '*':
                _at++;
                return new Selector.Wildcard();
            case '\'' or '"':
                return new Selector.Name(Quoted());
            case '?':
                _at++;
                SkipSpace();
                return new Selector.Filter(Or());
            case ':' or '-' or (>= '0' and <= '9'):
                return IndexOrSlice();
            default:
                throw Wrong("expected an index, a slice, a quoted name, * or ?");
        }
    }

    private Selector IndexOrSlice()
    {
        long? start = Peek() == ':' ? null : Integer();
        var behind = _at;
        SkipSpace();
        if (!TryTake(':'))
        {
            _at = behind;
            return new Selector.Index(start!.Value);
        }

        SkipSpace();
        long? end = IsIntegerAhead() ? Integer() : null;
        SkipSpace();
        if (!TryTake(':'))
        {
            return new Selector.Slice(start, end, Step: 1);
        }

        SkipSpace();
        return new Selector.Slice(start, end, IsIntegerAhead() ? Integer() : 1);
    }

    private bool IsIntegerAhead() => Peek() is '-' or (>= '0' and <= '9');

    private long Integer()
    {
        var start = _at;
        TryTake('-');
        while (char.IsAsciiDigit(Peek()))
        {
            _at++;
        }

        var digits = text.AsSpan(start, _at - start);
        if (digits is "-0" || (digits.TrimStart('-') is ['0', _, ..]))
        {
            throw Wrong($"'{digits}' is not a whole number of the format (no leading zeros, no -0), which ends", _at);
        }

        return long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= MaxInteger
            ? value
            : throw Wrong("expected a whole number", start);
    }

    private string Name()
    {
        var start = _at;
        while (_at < text.Length && IsNamePart(first: _at == start))
        {
            _at += char.IsSurrogatePair(text, _at) ? 2 : 1;
        }

        return _at > start ? text[start.._at] : throw Wrong("expected a name or *");
    }

    private bool IsNamePart(bool first)
    {
        var c = text[_at];
        return c is '_' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z')
            || (c >= 0x80 && (!char.IsSurrogate(c) || (_at + 1 < text.Length && char.IsSurrogatePair(c, text[_at + 1]))))
            || (!first && char.IsAsciiDigit(c))
            || (dialect == JsonPathDialect.ChaosToolkit && !first && c == '-');
    }

    private string Quoted()
    {
        var quote = text[_at++];
        var value = new StringBuilder();
        while (_at < text.Length && text[_at] != quote)
        {
            var c = text[_at];
            if (c < ' ')
            {
                throw Wrong("a control character must be written as an escape");
            }

            _at++;
            value.Append(c == '\\' ? Escape(quote) : c);
        }

        return TryTake(quote) ? value.ToString() : throw Wrong("the quote is not closed");
    }

    private string Escape(char quote)
    {
        var c = Peek();
        _at++;
        switch (c)
        {
            case 'b': return "\b";
            case 'f': return "\f";
            case 'n': return "\n";
            case 'r': return "\r";
            case 't': return "\t";
            case '/' or '\\': return c.ToString();
            case '\'' or '"' when c == quote: return c.ToString();
            case 'u': return UnicodeEscape();
            default: throw Wrong("expected an escape of JSON", _at - 1);
        }
    }

    private string UnicodeEscape()
    {
        var first = HexUnit();
        if (!char.IsSurrogate(first))
        {
            return first.ToString();
        }

        if (char.IsHighSurrogate(first) && TryTake('\\') && TryTake('u') && HexUnit() is var second && char.IsLowSurrogate(second))
        {
            return new string([first, second]);
        }

        throw Wrong("half a surrogate pair");
    }

    private char HexUnit() =>
        _at + 4 <= text.Length && text.Skip(_at).Take(4).All(char.IsAsciiHexDigit)
            ? (char)ushort.Parse(text.AsSpan((_at += 4) - 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw Wrong("expected four hexadecimal digits");

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw Wrong($"nested deeper than {MaxDepth} levels");
        }
    }

    private char Peek() => _at < text.Length ? text[_at] : '\0';

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r')
        {
            _at++;
        }
    }

    private bool TryTake(char c)
    {
        if (_at >= text.Length || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private bool TryTake(string token)
    {
        if (string.CompareOrdinal(text, _at, token, 0, token.Length) != 0)
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void Expect(char c)
    {
        if (!TryTake(c))
        {
            throw Wrong($"expected {c}");
        }
    }

    private FormatException Wrong(string what, int? at = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"'{text}' is not a JSON path: {what} at position {(at ?? _at) + 1}"));
}

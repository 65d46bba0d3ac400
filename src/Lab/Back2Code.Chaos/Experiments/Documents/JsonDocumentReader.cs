using System.Text;
using System.Text.Json;

namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>Reads one JSON document into positioned nodes.</summary>
public static class JsonDocumentReader
{
    /// <param name="text">The whole document.</param>
    /// <param name="lastKeyWins">What a repeated key means: the last one counts, as in Python, or an error.</param>
    /// <exception cref="DocumentFormatException">Not well-formed, a repeated key, or beyond a limit.</exception>
    public static DocumentNode Parse(string text, bool lastKeyWins = false)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var lines = new LineIndex(utf8);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DocumentLimits.MaxDepth });
        try
        {
            reader.Read();
            var root = Read(ref reader, lines, lastKeyWins);

            // Anything but white space behind the value throws here.
            reader.Read();
            return root;
        }
        catch (JsonException e)
        {
            var line = (int)(e.LineNumber ?? 0) + 1;
            throw new DocumentFormatException($"not valid JSON: {Explain(e)}", line, lines.ColumnOfByte(line, (int)(e.BytePositionInLine ?? 0)), e);
        }
    }

    private static string Explain(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var message = (end >= 0 ? e.Message[..end] : e.Message).TrimEnd('.');
        return message.Length > 0 ? char.ToLowerInvariant(message[0]) + message[1..] : "unreadable here";
    }

    private static DocumentNode Read(ref Utf8JsonReader reader, LineIndex lines, bool lastKeyWins)
    {
        var (line, column) = lines.Locate((int)reader.TokenStartIndex);
        if (++lines.Values > DocumentLimits.MaxNodes)
        {
            throw new DocumentFormatException($"more than {DocumentLimits.MaxNodes:N0} values", line, column);
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new MappingEntries(lastKeyWins);
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (keyLine, keyColumn) = lines.Locate((int)reader.TokenStartIndex);
                    var key = TextOf(ref reader, keyLine, keyColumn);
                    reader.Read();
                    entries.Add(new MappingEntry(key, keyLine, keyColumn, Read(ref reader, lines, lastKeyWins)));
                }

                return new MappingNode(entries.InOrder, line, column);

            case JsonTokenType.StartArray:
                var items = new List<DocumentNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Read(ref reader, lines, lastKeyWins));
                }

                return new SequenceNode(items, line, column);

            default:
                return new ScalarNode(ReadScalar(ref reader, line, column), line, column);
        }
    }

    private static ScalarValue ReadScalar(ref Utf8JsonReader reader, int line, int column) => reader.TokenType switch
    {
        JsonTokenType.String => new ScalarValue.Text(TextOf(ref reader, line, column)),
        JsonTokenType.True => new ScalarValue.Boolean(true),
        JsonTokenType.False => new ScalarValue.Boolean(false),
        JsonTokenType.Number when reader.TryGetInt64(out var integer) => new ScalarValue.Whole(integer),
        JsonTokenType.Number => new ScalarValue.Real(reader.GetDouble()),
        _ => new ScalarValue.Null(),
    };

    private static string TextOf(ref Utf8JsonReader reader, int line, int column)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The reader finds "\ud800" well-formed, but it is half a character.
            throw new DocumentFormatException("not valid JSON: a \\u escape is half of a surrogate pair", line, column, e);
        }
    }

    /// <summary>Turns byte offsets into lines and columns counted in characters. Offsets come in rising order, so each character is counted once.</summary>
    private sealed class LineIndex
    {
        private readonly byte[] _utf8;
        private readonly List<int> _starts = [0];
        private (int Line, int Offset, int Column) _last = (1, 0, 1);

        /// <summary>How many values were read so far.</summary>
        public int Values { get; set; }

        public LineIndex(byte[] utf8)
        {
            _utf8 = utf8;
            for (var i = 0; i < utf8.Length; i++)
            {
                if (utf8[i] == '\n')
                {
                    _starts.Add(i + 1);
                }
            }
        }

        public (int Line, int Column) Locate(int offset)
        {
            var index = _starts.BinarySearch(offset);
            var line = index >= 0 ? index + 1 : ~index;
            if (line != _last.Line || offset < _last.Offset)
            {
                _last = (line, _starts[line - 1], 1);
            }

            _last = (line, offset, _last.Column + Encoding.UTF8.GetCharCount(_utf8, _last.Offset, offset - _last.Offset));
            return (line, _last.Column);
        }

        public int ColumnOfByte(int line, int bytesIntoLine)
        {
            var start = _starts[Math.Clamp(line - 1, 0, _starts.Count - 1)];
            return Encoding.UTF8.GetCharCount(_utf8, start, Math.Clamp(bytesIntoLine, 0, _utf8.Length - start)) + 1;
        }
    }
}

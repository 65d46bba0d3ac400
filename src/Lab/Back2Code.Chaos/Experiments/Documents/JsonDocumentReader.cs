using System.Text;
using System.Text.Json;

namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>Reads one JSON document into positioned nodes.</summary>
public static class JsonDocumentReader
{
    /// <exception cref="DocumentFormatException">Not well-formed, a repeated key, or beyond a limit.</exception>
    public static DocumentNode Parse(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var lines = new LineIndex(utf8);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = DocumentLimits.MaxDepth });
        try
        {
            reader.Read();
            var root = Read(ref reader, lines);

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

    private static DocumentNode Read(ref Utf8JsonReader reader, LineIndex lines)
    {
        var (line, column) = lines.Locate((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = new List<MappingEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var (keyLine, keyColumn) = lines.Locate((int)reader.TokenStartIndex);
                    var key = reader.GetString()!;
                    if (entries.Any(entry => entry.Key == key))
                    {
                        throw new DocumentFormatException($"key '{key}' is given twice in one map", keyLine, keyColumn);
                    }

                    reader.Read();
                    entries.Add(new MappingEntry(key, keyLine, keyColumn, Read(ref reader, lines)));
                }

                return new MappingNode(entries, line, column);

            case JsonTokenType.StartArray:
                var items = new List<DocumentNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Read(ref reader, lines));
                }

                return new SequenceNode(items, line, column);

            default:
                return new ScalarNode(ReadScalar(ref reader), line, column);
        }
    }

    private static ScalarValue ReadScalar(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => new ScalarValue.Text(reader.GetString()!),
        JsonTokenType.True => new ScalarValue.Boolean(true),
        JsonTokenType.False => new ScalarValue.Boolean(false),
        JsonTokenType.Number when reader.TryGetInt64(out var integer) => new ScalarValue.Whole(integer),
        JsonTokenType.Number => new ScalarValue.Real(reader.GetDouble()),
        _ => new ScalarValue.Null(),
    };

    /// <summary>Turns byte offsets into lines and columns counted in characters.</summary>
    private sealed class LineIndex
    {
        private readonly byte[] utf8;
        private readonly List<int> starts = [0];

        public LineIndex(byte[] utf8)
        {
            this.utf8 = utf8;
            for (var i = 0; i < utf8.Length; i++)
            {
                if (utf8[i] == '\n')
                {
                    starts.Add(i + 1);
                }
            }
        }

        public (int Line, int Column) Locate(int offset)
        {
            var index = starts.BinarySearch(offset);
            var line = index >= 0 ? index + 1 : ~index;
            return (line, ColumnOfByte(line, offset - starts[line - 1]));
        }

        public int ColumnOfByte(int line, int bytesIntoLine)
        {
            var start = starts[Math.Clamp(line - 1, 0, starts.Count - 1)];
            return Encoding.UTF8.GetCharCount(utf8, start, Math.Clamp(bytesIntoLine, 0, utf8.Length - start)) + 1;
        }
    }
}

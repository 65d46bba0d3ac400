using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Back2Code.Chaos.Experiments.Documents;

/// <summary>Reads one YAML document into positioned nodes. Aliases and merge keys are followed; tags are ignored except <c>!!str</c>.</summary>
public static class YamlDocument
{
    /// <param name="text">The whole document.</param>
    /// <param name="lastKeyWins">What a repeated key means: the last one counts, as in Python, or an error.</param>
    /// <exception cref="DocumentFormatException">Not well-formed, more than one document, a repeated key, or beyond a limit.</exception>
    public static DocumentNode Parse(string text, bool lastKeyWins = false)
    {
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                throw new DocumentFormatException("the file is empty; expected an experiment, which starts with 'title:'", 1, 1);
            }

            parser.Consume<DocumentStart>();
            var root = new Reader(parser, lastKeyWins).Read(depth: 0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                var second = parser.Current!.Start;
                throw new DocumentFormatException("a second YAML document starts here; expected exactly one", (int)second.Line, (int)second.Column);
            }

            return root;
        }
        catch (YamlException e) when (FindTab(text) is { } tab)
        {
            // The parser blames the line above or the whole block; people look for the tab.
            throw new DocumentFormatException("not valid YAML: a tab stands in the indentation; expected spaces", tab.Line, tab.Column, e);
        }
        catch (YamlException e)
        {
            throw new DocumentFormatException($"not valid YAML: {Explain(e)}", (int)e.Start.Line, (int)e.Start.Column, e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            // YamlDotNet 16.3 breaks off like this in the middle of some malformed texts; the last event it gave is the nearest place known.
            var near = parser.Current?.End ?? Mark.Empty;
            throw new DocumentFormatException("not valid YAML after this place; expected ']' or '}' for every bracket, and 'key: value'", Math.Max(1, (int)near.Line), Math.Max(1, (int)near.Column), e);
        }
    }

    /// <summary>The first tab in front of a line's text.</summary>
    private static (int Line, int Column)? FindTab(string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var indent = lines[i].AsSpan()[..^lines[i].AsSpan().TrimStart(" \t").Length];
            if (indent.Contains('\t') && indent.Length < lines[i].Length)
            {
                return (i + 1, indent.IndexOf('\t') + 1);
            }
        }

        return null;
    }

    /// <summary>The parser's words speak of tokens; the most frequent slips get the words of an author.</summary>
    private static string Explain(YamlException e)
    {
        // The exception repeats its position in front of the message; the caller already prints it.
        var message = e.Message;
        var end = message.LastIndexOf("): ", StringComparison.Ordinal);
        message = end >= 0 ? message[(end + 3)..] : message;
        message = message.Length > 0 ? char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.') : "unreadable here";
        return message switch
        {
            _ when message.Contains("block", StringComparison.Ordinal) || message.Contains("simple key", StringComparison.Ordinal)
                => $"{message}; expected 'key: value' indented like its neighbours (is a colon missing?)",
            _ when message.Contains("found invalid mapping", StringComparison.Ordinal) => $"{message}; expected 'key: value' (is a colon missing above, or are quotes missing around text with ': '?)",
            _ when message.Contains("cannot start any token", StringComparison.Ordinal) => $"{message}; expected quotes around text that starts with a special character",
            _ when message.Contains("mapping values are not allowed", StringComparison.OrdinalIgnoreCase) => $"{message}; expected quotes around text that contains ': '",
            _ => message,
        };
    }

    private sealed class Reader(IParser parser, bool lastKeyWins)
    {
        private readonly Dictionary<string, DocumentNode> _anchors = [];
        private DocumentNode? _alias;
        private long _values;

        public DocumentNode Read(int depth)
        {
            if (depth > DocumentLimits.MaxDepth)
            {
                var at = parser.Current!.Start;
                throw new DocumentFormatException($"nested deeper than {DocumentLimits.MaxDepth} levels", (int)at.Line, (int)at.Column);
            }

            var node = parser.Current switch
            {
                Scalar => ReadScalar(),
                SequenceStart => ReadSequence(depth),
                MappingStart => ReadMapping(depth),
                AnchorAlias => ReadAlias(),
                var other => throw new DocumentFormatException($"unexpected {other?.GetType().Name}", (int)(other?.Start.Line ?? 1), (int)(other?.Start.Column ?? 1)),
            };
            Count(node is ScalarNode || ReferenceEquals(node, _alias) ? node.Weight : 1, node.Line, node.Column);
            return node;
        }

        /// <summary>Counted while it is read: a bomb of aliases or merges is refused before it is built.</summary>
        private void Count(long values, int line, int column)
        {
            _values += values;
            if (_values > DocumentLimits.MaxNodes)
            {
                throw new DocumentFormatException($"more than {DocumentLimits.MaxNodes:N0} values once aliases are expanded", line, column);
            }
        }

        private ScalarNode ReadScalar()
        {
            var scalar = parser.Consume<Scalar>();
            var isText = scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || scalar.Tag == "tag:yaml.org,2002:str" || scalar.Tag == "!";
            var value = isText ? new ScalarValue.Text(scalar.Value) : YamlScalars.Resolve(scalar.Value);
            return Remember(scalar.Anchor, new ScalarNode(value, (int)scalar.Start.Line, (int)scalar.Start.Column));
        }

        private SequenceNode ReadSequence(int depth)
        {
            var start = parser.Consume<SequenceStart>();
            var items = new List<DocumentNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Read(depth + 1));
            }

            return Remember(start.Anchor, new SequenceNode(items, (int)start.Start.Line, (int)start.Start.Column));
        }

        private MappingNode ReadMapping(int depth)
        {
            var start = parser.Consume<MappingStart>();
            var entries = new MappingEntries(lastKeyWins);
            var merged = new List<MappingEntry>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out var key))
                {
                    var at = parser.Current!.Start;
                    throw new DocumentFormatException("a key must be plain text", (int)at.Line, (int)at.Column);
                }

                var value = Read(depth + 1);
                if (key.Value == "<<" && key.Style == ScalarStyle.Plain)
                {
                    foreach (var entry in MergedEntries(value))
                    {
                        Count(entry.Value.Weight, (int)key.Start.Line, (int)key.Start.Column);
                        merged.Add(entry);
                    }

                    continue;
                }

                entries.Add(new MappingEntry(key.Value, (int)key.Start.Line, (int)key.Start.Column, value));
            }

            foreach (var entry in merged.Where(m => !entries.Has(m.Key)))
            {
                entries.Add(entry);
            }

            return Remember(start.Anchor, new MappingNode(entries.InOrder, (int)start.Start.Line, (int)start.Start.Column));
        }

        private static IEnumerable<MappingEntry> MergedEntries(DocumentNode value) => value switch
        {
            MappingNode map => map.Entries,
            SequenceNode list => list.Items.SelectMany(MergedEntries).DistinctBy(entry => entry.Key),
            _ => throw new DocumentFormatException($"'<<' needs a map or a list of maps, not {value.Kind}", value.Line, value.Column),
        };

        private DocumentNode ReadAlias()
        {
            var alias = parser.Consume<AnchorAlias>();
            return _anchors.TryGetValue(alias.Value.Value, out var node)
                ? _alias = node
                : throw new DocumentFormatException($"'*{alias.Value.Value}' refers to an anchor that is not defined above", (int)alias.Start.Line, (int)alias.Start.Column);
        }

        private T Remember<T>(AnchorName anchor, T node)
            where T : DocumentNode
        {
            if (!anchor.IsEmpty)
            {
                _anchors[anchor.Value] = node;
            }

            return node;
        }
    }
}

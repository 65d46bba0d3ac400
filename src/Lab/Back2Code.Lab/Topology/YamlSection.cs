using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Back2Code.Lab.Topology;

/// <summary>
/// A mapping of a YAML file that is read key by key. What it cannot understand, and every key that nobody asked for,
/// is an error with line and column: a misspelt key that is silently ignored costs an evening.
/// </summary>
internal sealed class YamlSection
{
    private readonly string _file;
    private readonly YamlMappingNode _node;
    private readonly HashSet<string> _asked = [];

    private YamlSection(string file, YamlMappingNode node)
    {
        this._file = file;
        this._node = node;
    }

    public static YamlSection Parse(string file, string text)
    {
        var stream = new YamlStream();
        var scanner = new Scanner(new StringReader(text), skipComments: true);
        try
        {
            stream.Load(new Parser(scanner));
        }
        catch (YamlException e)
        {
            var (line, column) = e.Start.Line > 0 ? (e.Start.Line, e.Start.Column) : (1, 1);
            throw new TopologyException(file, line, column, FirstLine(e.InnerException?.Message ?? e.Message));
        }
        catch (InvalidOperationException)
        {
            // The scanner trips over some unfinished lists, `a: [1` for one, without a word; where it stood is what can be told.
            throw new TopologyException(file, scanner.CurrentPosition.Line, scanner.CurrentPosition.Column, "this is not YAML; a list or mapping before it may not be closed");
        }

        return stream.Documents.Count == 0
            ? throw new TopologyException(file, 1, 1, "the file is empty")
            : From(file, stream.Documents[0].RootNode, "the file");
    }

    public string File => _file;

    public IEnumerable<string> Keys => _node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    public TopologyException Error(string problem) => ErrorAt(_node, problem);

    public TopologyException ErrorAt(string key, string problem) => ErrorAt(Child(key) ?? _node, problem);

    public bool Has(string key) => Child(key) is not null;

    public YamlSection? Section(string key) => Child(key) is { } child ? From(_file, child, $"`{key}`") : null;

    public YamlText? Text(string key) => Child(key) switch
    {
        null => null,
        YamlScalarNode scalar => TextOf(scalar),
        var other => throw ErrorAt(other, $"`{key}` must be a text"),
    };

    public IReadOnlyList<YamlText> List(string key) => Child(key) switch
    {
        null => [],
        YamlSequenceNode list => [.. list.Children.Select(item =>
            item is YamlScalarNode scalar ? TextOf(scalar) : throw ErrorAt(item, $"`{key}` must hold texts only"))],
        var other => throw ErrorAt(other, $"`{key}` must be a list, as in [a, b]"),
    };

    public IReadOnlyDictionary<string, YamlText> Map(string key)
    {
        var map = new Dictionary<string, YamlText>();
        if (Section(key) is { } section)
        {
            foreach (var name in section.Keys)
            {
                map[name] = section.Text(name)!.Value;
            }
        }

        return map;
    }

    public int? Number(string key, int least, int most)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        return int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw ErrorAt(key, $"`{key}` must be a number from {least} to {most}, not `{text.Value}`");
    }

    public TimeSpan? Duration(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        return Durations.TryParse(text.Value, out var duration)
            ? duration
            : throw ErrorAt(key, $"`{key}` must be a duration such as 200ms, 5s or 1m, not `{text.Value}`");
    }

    /// <summary>Call last: names the first key that was not asked for.</summary>
    public void RejectUnknownKeys()
    {
        foreach (var key in _node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && !_asked.Contains(name))
            {
                throw ErrorAt(key, $"unknown key `{name}`; known here are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
            }
        }
    }

    private static YamlSection From(string file, YamlNode node, string what) => node is YamlMappingNode mapping
        ? new YamlSection(file, mapping)
        : throw new TopologyException(file, node.Start.Line, node.Start.Column, $"{what} must be a mapping of keys to values");

    private YamlNode? Child(string key)
    {
        _asked.Add(key);
        return _node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
    }

    private TopologyException ErrorAt(YamlNode at, string problem) => new(_file, at.Start.Line, at.Start.Column, problem);

    private static YamlText TextOf(YamlScalarNode scalar) => new(scalar.Value ?? "", scalar.Start.Line, scalar.Start.Column);

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('\r', '.');
}

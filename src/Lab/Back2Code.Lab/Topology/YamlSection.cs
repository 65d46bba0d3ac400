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
    private readonly string file;
    private readonly YamlMappingNode node;
    private readonly HashSet<string> asked = [];

    private YamlSection(string file, YamlMappingNode node)
    {
        this.file = file;
        this.node = node;
    }

    public static YamlSection Parse(string file, string text)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            var (line, column) = e.Start.Line > 0 ? (e.Start.Line, e.Start.Column) : (1, 1);
            throw new TopologyException(file, line, column, FirstLine(e.InnerException?.Message ?? e.Message));
        }

        return stream.Documents.Count == 0
            ? throw new TopologyException(file, 1, 1, "the file is empty")
            : From(file, stream.Documents[0].RootNode, "the file");
    }

    public string File => file;

    public IEnumerable<string> Keys => node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    public TopologyException Error(string problem) => ErrorAt(node, problem);

    public TopologyException ErrorAt(string key, string problem) => ErrorAt(Child(key) ?? node, problem);

    public bool Has(string key) => Child(key) is not null;

    public YamlSection? Section(string key) => Child(key) is { } child ? From(file, child, $"`{key}`") : null;

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
        foreach (var key in node.Children.Keys)
        {
            if (key is YamlScalarNode { Value: { } name } && !asked.Contains(name))
            {
                throw ErrorAt(key, $"unknown key `{name}`; known here are {string.Join(", ", asked.Order(StringComparer.Ordinal))}");
            }
        }
    }

    private static YamlSection From(string file, YamlNode node, string what) => node is YamlMappingNode mapping
        ? new YamlSection(file, mapping)
        : throw new TopologyException(file, node.Start.Line, node.Start.Column, $"{what} must be a mapping of keys to values");

    private YamlNode? Child(string key)
    {
        asked.Add(key);
        return node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;
    }

    private TopologyException ErrorAt(YamlNode at, string problem) => new(file, at.Start.Line, at.Start.Column, problem);

    private static YamlText TextOf(YamlScalarNode scalar) => new(scalar.Value ?? "", scalar.Start.Line, scalar.Start.Column);

    private static string FirstLine(string text) => text.Split('\n')[0].TrimEnd('\r', '.');
}

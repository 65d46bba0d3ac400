using System.Globalization;
using System.Text;

namespace Back2Code.UnitTests.Observability;

internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// A second opinion on the text format 0.0.4, written from its description and stricter than most scrapers: a family's samples
/// stand together after one HELP and one TYPE line, names are valid, no series stands twice, buckets grow and end in +Inf.
/// </summary>
internal sealed class PrometheusParser
{
    public Dictionary<string, string> Types { get; } = [];

    public Dictionary<string, string> Helps { get; } = [];

    public List<Sample> Samples { get; } = [];

    public static PrometheusParser Parse(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", text, StringComparison.Ordinal);
        var parser = new PrometheusParser();
        var family = "";
        var series = new HashSet<string>();
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ', 4);
                family = parts[2];
                Assert.True(parser.Helps.TryAdd(family, Unescape(parts[3], quotes: false)), $"second HELP of {family}");
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                var parts = line.Split(' ');
                Assert.Equal((4, family), (parts.Length, parts[2]));
                Assert.True(parser.Types.TryAdd(family, parts[3]), $"second TYPE of {family}");
            }
            else
            {
                var sample = ReadSample(line);
                Assert.Contains(sample.Name[family.Length..], parser.Types[family] == "histogram" ? ["_bucket", "_sum", "_count"] : new[] { "" });
                Assert.True(series.Add(line[..line.LastIndexOf(' ')]), $"twice: {line}");
                parser.Samples.Add(sample);
            }
        }

        foreach (var (name, type) in parser.Types.Where(t => t.Value == "histogram"))
        {
            parser.CheckBuckets(name);
        }

        return parser;
    }

    public double Value(string name, params (string Name, string Value)[] labels) =>
        Assert.Single(Samples, s => s.Name == name && labels.All(l => s.Labels.TryGetValue(l.Name, out var v) && v == l.Value)).Value;

    private static Sample ReadSample(string line)
    {
        var at = line.TakeWhile(c => c is not ('{' or ' ')).Count();
        var name = line[..at];
        Assert.Matches("^[a-zA-Z_:][a-zA-Z0-9_:]*$", name);
        var labels = new Dictionary<string, string>();
        if (line[at] == '{')
        {
            at++;
            while (line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                var label = line[at..equals];
                Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", label);
                Assert.Equal('"', line[equals + 1]);
                var end = equals + 2;
                while (line[end] != '"')
                {
                    end += line[end] == '\\' ? 2 : 1;
                }

                Assert.True(labels.TryAdd(label, Unescape(line[(equals + 2)..end], quotes: true)), $"label {label} twice: {line}");
                at = end + 1;
                if (line[at] == ',')
                {
                    at++;
                }
            }

            at++;
        }

        Assert.Equal(' ', line[at]);
        return new Sample(name, labels, ReadNumber(line[(at + 1)..]));
    }

    private void CheckBuckets(string name)
    {
        var bySeries = Samples.Where(s => s.Name == name + "_bucket").GroupBy(s => Key(s.Labels.Where(l => l.Key != "le")));
        foreach (var series in bySeries)
        {
            var bounds = series.Select(s => ReadNumber(s.Labels["le"])).ToList();
            var counts = series.Select(s => s.Value).ToList();
            Assert.Equal(bounds.Order(), bounds);
            Assert.Equal(counts.Order(), counts);
            Assert.Equal(double.PositiveInfinity, bounds[^1]);
            Assert.Equal(counts[^1], Assert.Single(Samples, s => s.Name == name + "_count" && Key(s.Labels) == series.Key).Value);
            Assert.Single(Samples, s => s.Name == name + "_sum" && Key(s.Labels) == series.Key);
        }
    }

    private static string Key(IEnumerable<KeyValuePair<string, string>> labels) => string.Join('\u0001', labels.Select(l => $"{l.Key}={l.Value}").Order(StringComparer.Ordinal));

    private static double ReadNumber(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text, bool quotes)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }

            var escaped = text[++i];
            Assert.True(escaped is '\\' or 'n' || (quotes && escaped == '"'), $"unknown escape \\{escaped}");
            result.Append(escaped == 'n' ? '\n' : escaped);
        }

        return result.ToString();
    }
}

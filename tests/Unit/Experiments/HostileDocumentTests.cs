using System.Diagnostics;
using System.Text;
using Back2Code.Chaos.Experiments;

namespace Back2Code.UnitTests.Experiments;

/// <summary>Files made to exhaust whoever reads them: each ends quickly, with a message that names a place.</summary>
public sealed class HostileDocumentTests
{
    // Near the limit of a file; every reader here must be linear.
    private const int Size = 900_000;

    public static TheoryData<string, DocumentFormat> Bombs => new()
    {
        { "deep lists", DocumentFormat.Json },
        { "deep lists", DocumentFormat.Yaml },
        { "deep maps", DocumentFormat.Json },
        { "many keys", DocumentFormat.Json },
        { "many keys", DocumentFormat.Yaml },
        { "many lines", DocumentFormat.Yaml },
        { "many activities", DocumentFormat.Json },
        { "deep blocks", DocumentFormat.Yaml },
        { "question marks", DocumentFormat.Yaml },
        { "quotes", DocumentFormat.Yaml },
        { "anchors", DocumentFormat.Yaml },
        { "merges", DocumentFormat.Yaml },
        { "colons", DocumentFormat.Yaml },
        { "dollars", DocumentFormat.Yaml },
        { "zeros", DocumentFormat.Json },
        { "tolerances in tolerances", DocumentFormat.Json },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void A_file_made_to_exhaust_is_refused_in_time(string kind, DocumentFormat format)
    {
        var text = Make(kind);
        var begin = Stopwatch.GetTimestamp();

        var error = Assert.Throws<InvalidExperimentException>(() => ExperimentFile.Parse(text, "bomb", format, ExperimentRules.Strict));

        Assert.All(error.Errors, e => Assert.True(e is { Line: > 0, Column: > 0 }));
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(20), $"{kind} took {Stopwatch.GetElapsedTime(begin)}");
    }

    private static string Make(string kind) => kind switch
    {
        "deep lists" => new string('[', Size),
        "deep maps" => string.Concat(Enumerable.Repeat("{\"a\":", Size / 5)),
        "many keys" => "{" + string.Join(",", Enumerable.Range(0, Size / 12).Select(i => $"\"k{i}\": 1")) + "}",
        "many lines" => string.Concat(Enumerable.Range(0, Size / 12).Select(i => $"k{i}: 1\n")),
        "many activities" => """{"title": "t", "description": "d", "method": [""" + string.Join(",", Enumerable.Repeat("{}", Size / 3)) + "]}",
        "deep blocks" => string.Concat(Enumerable.Range(0, 1_300).Select(i => new string(' ', i) + "a:\n")),
        "question marks" => string.Concat(Enumerable.Repeat("? ", Size / 2)),
        "quotes" => "title: \"" + new string('x', Size),
        "anchors" => string.Concat(Enumerable.Range(0, Size / 20).Select(i => $"k{i}: &a{i} x\n")),
        "merges" => "b: &b {" + string.Join(", ", Enumerable.Range(0, 5_000).Select(i => $"k{i}: 1")) + "}\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"m{i}: {{<<: *b}}\n")),
        "colons" => "title: " + new string(':', Size),
        "dollars" => "title: \"" + string.Concat(Enumerable.Repeat("${a", Size / 3)) + "\"\nmethod: 1",
        "zeros" => "{\"title\": " + new string('9', Size) + "}",
        "tolerances in tolerances" => """{"title": "t", "description": "d", "method": [{"tolerance": """ + Nest(28) + "}]}",
        _ => throw new UnreachableException(kind),
    };

    /// <summary>Each level is read once as an activity; were it read twice, this would take 2^28 steps.</summary>
    private static string Nest(int depth)
    {
        var text = new StringBuilder("200");
        for (var i = 0; i < depth; i++)
        {
            text.Insert(0, """{"type": "probe", "name": "p", "provider": {"type": "http", "url": "x"}, "tolerance": """).Append('}');
        }

        return text.ToString();
    }
}

using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.UnitTests.Experiments;

public sealed class ToleranceTests
{
    private const string Ok = """{"status": 200, "headers": {}, "body": {"count": 3, "items": [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]}}""";
    private const string Program = """{"status": 0, "stdout": "42\n", "stderr": ""}""";

    [Theory]
    [InlineData("true", "true", true)]
    [InlineData("true", "false", false)]
    [InlineData("true", Ok, false)]
    [InlineData("200", Ok, true)]
    [InlineData("503", Ok, false)]
    [InlineData("0", Program, true)]
    [InlineData("7", "7", true)]
    [InlineData("7", "7.0", true)]
    [InlineData("7", "\"7\"", false)]
    [InlineData("hello", "\"hello\"", true)]
    [InlineData("hello", "\"Hello\"", false)]
    [InlineData("\"${ok}\"", Ok, true)]
    [InlineData("\"${range}\"", "5", true)]
    [InlineData("[200, 204]", Ok, true)]
    [InlineData("[199, 201]", Ok, false)]
    [InlineData("[1, 10]", "10", true)]
    [InlineData("[1, 10]", "11", false)]
    [InlineData("[1, 5, 10]", "5", true)]
    [InlineData("[1, 5, 10]", "6", false)]
    [InlineData("[a, b]", "\"b\"", true)]
    public Task Literals(string tolerance, string output, bool met) => CheckAsync(tolerance, output, met);

    [Theory]
    [InlineData("{type: regex, pattern: '^4'}", "\"42\"", true)]
    [InlineData("{type: regex, pattern: '^2'}", "\"42\"", false)]
    [InlineData("{type: regex, pattern: '^42', target: stdout}", Program, true)]
    [InlineData("{type: regex, pattern: 'stdout', target: absent}", Program, true)]
    [InlineData("{type: regex, pattern: '^${ok}$'}", "200", true)]
    [InlineData("{type: regex, pattern: 'count'}", Ok, true)]
    [InlineData("{type: regex, pattern: '^(?P<d>4)(?P<e>2)$'}", "\"42\"", true)]
    [InlineData("{type: regex, pattern: '(?P<d>.)(?P=d)'}", "\"baab\"", true)]
    [InlineData("{type: regex, pattern: '2\\Z'}", "\"42\"", true)]
    public Task Patterns(string tolerance, string output, bool met) => CheckAsync(tolerance, output, met);

    [Theory]
    [InlineData("{type: jsonpath, path: '$.count', target: body}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.absent', target: body}", Ok, false)]
    [InlineData("{type: jsonpath, path: '$.items[*].n', target: body, count: 2}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.items[*].n', target: body, count: 1}", Ok, false)]
    [InlineData("{type: jsonpath, path: '$.absent', target: body, count: 0}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.count', target: body, expect: 3}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.count', target: body, expect: 4}", Ok, false)]
    [InlineData("{type: jsonpath, path: '$.items[*].s', target: body, expect: [a, b]}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.items[?(@.s=\"b\")].n', target: body, expect: 2}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.status', expect: '${ok}'}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.a'}", "\"{\\\"a\\\": 1}\"", true)]
    [InlineData("{type: jsonpath, path: '$.a'}", "\"not json\"", false)]
    [InlineData("{type: jsonpath, path: '$.items[?(@.n > 1)].s', target: body, expect: b}", Ok, true)]
    [InlineData("{type: jsonpath, path: '$.${field}', target: body}", Ok, true)]
    public Task Paths(string tolerance, string output, bool met) => CheckAsync(tolerance, output, met);

    [Theory]
    [InlineData("{type: range, range: [40, 50], target: stdout}", Program, true)]
    [InlineData("{type: range, range: [43, 50], target: stdout}", Program, false)]
    [InlineData("{type: range, range: [0.5, 1.5]}", "1", true)]
    [InlineData("{type: range, range: [0.5, 1.5]}", "\"x\"", false)]
    [InlineData("{type: range, range: [0, 300], target: status}", Ok, true)]
    [InlineData("{type: range, range: [0, 300]}", Ok, false)]
    public Task Ranges(string tolerance, string output, bool met) => CheckAsync(tolerance, output, met);

    [Theory]
    [InlineData("""{"status": 0, "stdout": "", "stderr": ""}""", true)]
    [InlineData("""{"status": 1, "stdout": "", "stderr": ""}""", false)]
    [InlineData("""{"status": 204, "headers": {}, "body": ""}""", true)]
    [InlineData("""{"status": 500, "headers": {}, "body": ""}""", false)]
    [InlineData("null", false)]
    public async Task A_probe_decides_by_its_own_output(string answer, bool met)
    {
        JsonNode? asked = null;
        var tolerance = Read("{type: probe, name: judge, provider: {type: process, path: sh}}");

        var isMet = await ToleranceCheck.IsMetAsync(tolerance, JsonNode.Parse("7"), Values, compat: false, (_, output) =>
        {
            asked = output;
            return Task.FromResult(JsonNode.Parse(answer));
        });

        Assert.Equal(met, isMet);
        Assert.Equal("7", asked!.ToJsonString());
    }

    /// <summary>The reference asks only whether there is any output, so an exit code of 1 is a yes.</summary>
    [Theory]
    [InlineData("""{"status": 1, "stdout": "", "stderr": ""}""", true)]
    [InlineData("""{"status": 500, "headers": {}, "body": ""}""", true)]
    [InlineData("{}", false)]
    [InlineData("0", false)]
    [InlineData("\"no\"", true)]
    [InlineData("null", false)]
    public async Task In_compat_a_probe_decides_by_whether_it_gives_anything(string answer, bool met)
    {
        var tolerance = Read("{type: probe, name: judge, provider: {type: process, path: sh}}");

        Assert.Equal(met, await ToleranceCheck.IsMetAsync(tolerance, JsonNode.Parse("7"), Values, compat: true, (_, _) => Task.FromResult(JsonNode.Parse(answer))));
    }

    [Theory]
    [InlineData("[a, c]", "\"b\"", true)]
    [InlineData("[a, c]", "\"c\"", true)]
    [InlineData("[a, c]", "\"B\"", false)]
    [InlineData("[a, c]", "\"ca\"", false)]
    [InlineData("[c, a]", "\"a\"", false)]
    [InlineData("[a, c]", "5", false)]
    [InlineData("[a, 5]", "\"a\"", false)]
    [InlineData("[a, b, c]", "\"aa\"", false)]
    [InlineData("[a, b, c]", "\"b\"", true)]
    [InlineData("[200, 204]", Ok, true)]
    [InlineData("[1, 10]", "5", true)]
    public Task In_compat_two_texts_are_a_range(string tolerance, string output, bool met) => CheckAsync(tolerance, output, met, compat: true);

    [Fact]
    public Task Else_two_texts_are_a_choice() => CheckAsync("[a, c]", "\"b\"", met: false);

    [Fact]
    public Task A_pattern_that_backtracks_for_ever_is_not_met() =>
        CheckAsync("{type: regex, pattern: '^(a+)+$'}", $"\"{new string('a', 40)}!\"", met: false);

    private static readonly Dictionary<string, JsonNode?> Values = new() { ["ok"] = 200, ["field"] = "count", ["range"] = new JsonArray(1, 9) };

    private static async Task CheckAsync(string tolerance, string output, bool met, bool compat = false) =>
        Assert.Equal(met, await ToleranceCheck.IsMetAsync(Read(tolerance), JsonNode.Parse(output), Values, compat, (_, _) => Task.FromResult<JsonNode?>(null)));

    private static Tolerance Read(string yaml)
    {
        var report = new DocumentReport("test");
        var node = ((MappingNode)YamlDocument.Parse($"tolerance: {yaml}\n")).Find("tolerance")!.Value;
        var tolerance = new ToleranceReader(report, new ActivityReader(report, [], ExperimentRules.Strict)).Read(node, "p");
        Assert.Empty(report.Errors);
        return tolerance!;
    }
}

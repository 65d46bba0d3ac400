using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.JsonPaths;

namespace Back2Code.UnitTests.Experiments;

/// <summary>What experiment files write beyond the RFC, because they were written for jsonpath2.</summary>
public sealed class JsonPathDialectTests
{
    private static readonly JsonNode Store = JsonNode.Parse("""
        {"books": [{"title": "A", "price": 8, "tags": ["x"]}, {"title": "B", "price": 12, "sold": null}], "owner": {"name": "N", "first-name": "F"}}
        """)!;

    [Theory]
    [InlineData("$.owner.first-name", """["F"]""")]
    [InlineData("$['owner'][\"name\"]", """["N"]""")]
    [InlineData("$.books[?(@.tags)].title", """["A"]""")]
    [InlineData("$.books[?(@.price=12)].title", """["B"]""")]
    [InlineData("$.books[?(@.price == 12.0)].title", """["B"]""")]
    [InlineData("$.books[?(@.title != 'A')].title", """["B"]""")]
    [InlineData("$.books[?(@.sold = null)].title", """["B"]""")]
    [InlineData("$.books[?@.price > 8 && @.title = \"B\"].price", "[12]")]
    public void Paths_of_real_files_are_understood(string path, string expected)
    {
        var found = new JsonArray([.. JsonPath.Parse(path, JsonPathDialect.ChaosToolkit).Select(Store).Select(m => m?.DeepClone())]);

        Assert.Equal(expected, found.ToJsonString());
    }

    [Theory]
    [InlineData("$.books[")]
    [InlineData("$.books[x]")]
    [InlineData("$.books[?(@.a = )]")]
    [InlineData("$ .")]
    public void What_is_not_a_path_is_refused_here_too(string path) =>
        Assert.Throws<FormatException>(() => JsonPath.Parse(path, JsonPathDialect.ChaosToolkit));
}

using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.UnitTests.Experiments;

public sealed class JsonPathTests
{
    private static readonly JsonNode Store = JsonNode.Parse("""
        {"books": [{"title": "A", "price": 8, "tags": ["x"]}, {"title": "B", "price": 12, "sold": null}], "owner": {"name": "N", "first-name": "F"}}
        """)!;

    [Theory]
    [InlineData("$.owner.name", "[\"N\"]")]
    [InlineData("$.owner.first-name", "[\"F\"]")]
    [InlineData("$['owner'][\"name\"]", "[\"N\"]")]
    [InlineData("$.books[0].title", "[\"A\"]")]
    [InlineData("$.books[-1].title", "[\"B\"]")]
    [InlineData("$.books[5]", "[]")]
    [InlineData("$.books[*].price", "[8,12]")]
    [InlineData("$.owner.*", "[\"N\",\"F\"]")]
    [InlineData("$..title", "[\"A\",\"B\"]")]
    [InlineData("$..[0]", "[{\"title\":\"A\",\"price\":8,\"tags\":[\"x\"]},\"x\"]")]
    [InlineData("$.books[?(@.tags)].title", "[\"A\"]")]
    [InlineData("$.books[?(@.price=12)].title", "[\"B\"]")]
    [InlineData("$.books[?(@.price == 12.0)].title", "[\"B\"]")]
    [InlineData("$.books[?(@.title != 'A')].title", "[\"B\"]")]
    [InlineData("$.books[?(@.sold = null)].title", "[\"B\"]")]
    [InlineData("$", null)]
    public void Paths_match_as_the_reference_does(string path, string? expected)
    {
        var found = new JsonArray([.. JsonPath.Parse(path).Match(Store).Select(m => m?.DeepClone())]);

        Assert.Equal(expected ?? new JsonArray(Store.DeepClone()).ToJsonString(), found.ToJsonString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("owner")]
    [InlineData("$.")]
    [InlineData("$.books[")]
    [InlineData("$.books[x]")]
    [InlineData("$.books['x]")]
    [InlineData("$.books[?(@.a = )]")]
    [InlineData("$.books[?@.a]")]
    [InlineData("$ .x")]
    public void What_is_not_a_path_is_refused(string path) => Assert.Throws<FormatException>(() => JsonPath.Parse(path));
}

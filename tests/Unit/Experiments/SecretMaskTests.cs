using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;

namespace Back2Code.UnitTests.Experiments;

public sealed class SecretMaskTests
{
    private static readonly SecretMask Mask = new([new JsonObject { ["a"] = "p@ss word", ["deep"] = new JsonObject { ["b"] = "p@ss" }, ["number"] = 90210, ["short"] = "ab" }]);

    [Theory]
    [InlineData("login with p@ss word now", "login with *** now")]
    [InlineData("http://x/?key=p%40ss%20word", "http://x/?key=***")]
    [InlineData("Basic cEBzcyB3b3Jk", "Basic ***")]
    [InlineData("zip 90210", "zip ***")]
    [InlineData("ab", "***")]
    [InlineData("about", "about")]
    [InlineData("nothing here", "nothing here")]
    public void A_secret_is_hidden_however_it_is_spelt(string text, string shown) => Assert.Equal(shown, Mask.Hide(text));

    [Fact]
    public void A_whole_tree_is_hidden_and_its_keys_stay()
    {
        var shown = Mask.Hide(JsonNode.Parse("""{"p@ss": ["p@ss", {"x": 90210}], "ok": 1, "none": null}"""));

        Assert.Equal("""{"p@ss":["***",{"x":"***"}],"ok":1,"none":null}""", shown!.ToJsonString());
    }

    [Fact]
    public void Without_secrets_everything_stays() => Assert.Equal("p@ss", SecretMask.Empty.Hide("p@ss"));
}

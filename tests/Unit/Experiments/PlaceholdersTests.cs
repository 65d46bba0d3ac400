using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using FsCheck;
using FsCheck.Fluent;

namespace Back2Code.UnitTests.Experiments;

public sealed class PlaceholdersTests
{
    private static readonly Dictionary<string, JsonNode?> Values = new()
    {
        ["port"] = 8080,
        ["host"] = "localhost",
        ["list"] = new JsonArray(1, 2),
        ["nothing"] = null,
    };

    [Theory]
    [InlineData("${port}", "8080")]
    [InlineData("$port", "8080")]
    [InlineData("${list}", "[1,2]")]
    [InlineData("http://${host}:$port/", "\"http://localhost:8080/\"")]
    [InlineData("$$port", "\"$port\"")]
    [InlineData("${unknown}/$host", "\"${unknown}/localhost\"")]
    [InlineData("${not-a-name}", "\"${not-a-name}\"")]
    [InlineData("costs 5$", "\"costs 5$\"")]
    [InlineData("", "\"\"")]
    public void Text_is_filled_and_a_lone_placeholder_keeps_its_type(string text, string json) =>
        Assert.Equal(json, Placeholders.Fill(text, Values)!.ToJsonString());

    [Fact]
    public void Maps_and_lists_are_followed_and_the_original_stays()
    {
        var original = JsonNode.Parse("""{"a": ["$host", {"b": "${port}"}], "$host": 1}""");

        var filled = Placeholders.Fill(original, Values);

        Assert.Equal("""{"a":["localhost",{"b":8080}],"$host":1}""", filled!.ToJsonString());
        Assert.Equal("$host", original!["a"]![0]!.GetValue<string>());
    }

    [Fact]
    public void A_placeholder_for_null_becomes_null() => Assert.Null(Placeholders.Fill("${nothing}", Values));

    [Fact]
    public void Text_without_dollars_stays_as_it_is() =>
        Prop.ForAll<string?>(text => (text ?? "").Contains('$', StringComparison.Ordinal) || Placeholders.FillText(text ?? "", Values) == (text ?? "")).QuickCheckThrowOnFailure();

    [Fact]
    public void Filling_never_throws_whatever_the_text() =>
        Prop.ForAll<string?>(text => Placeholders.FillText("${" + text + "$" + text + "$$}", Values) is not null).QuickCheckThrowOnFailure();
}

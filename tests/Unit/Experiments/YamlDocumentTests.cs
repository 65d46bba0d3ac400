using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.UnitTests.Experiments;

public sealed class YamlDocumentTests
{
    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Off", "false")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("12_000", "12000")]
    [InlineData("-7", "-7")]
    [InlineData("0x1F", "31")]
    [InlineData("010", "8")]
    [InlineData("0b101", "5")]
    [InlineData("1.5", "1.5")]
    [InlineData("1.", "1")]
    [InlineData("1e3", "\"1e3\"")]
    [InlineData("22:22", "\"22:22\"")]
    [InlineData("2026-11-20", "\"2026-11-20\"")]
    [InlineData("\"200\"", "\"200\"")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("!!str 200", "\"200\"")]
    [InlineData("09", "\"09\"")]
    [InlineData("99999999999999999999", "\"99999999999999999999\"")]
    public void Plain_scalars_have_the_type_that_the_reference_gives_them(string yaml, string json)
    {
        var map = (MappingNode)YamlDocument.Parse($"key: {yaml}\n");

        Assert.Equal(json, map.Find("key")!.Value.ToJson()?.ToJsonString() ?? "null");
    }

    [Fact]
    public void Every_value_knows_its_line_and_column()
    {
        var map = (MappingNode)YamlDocument.Parse("a: 1\nlist:\n  - x\n  - {deep: y}\n");

        var list = (SequenceNode)map.Find("list")!.Value;
        var deep = ((MappingNode)list.Items[1]).Find("deep")!;
        Assert.Equal((4, 6), (deep.Line, deep.Column));
        Assert.Equal((4, 12), (deep.Value.Line, deep.Value.Column));
    }

    [Theory]
    [InlineData("x: 1\na: [1, 2\nb: 3\n", 2, "not valid YAML")]
    [InlineData("map:\n\tkey: 1\n", 2, "a tab stands")]
    [InlineData("x: 1\ntitle one\ny: 1\n", 2, "colon")]
    [InlineData("x: 1\n  y: 2\n", 2, "not valid YAML")]
    [InlineData("x: a: b\n", 1, "quotes")]
    [InlineData("x: 'open\n", 1, "not valid YAML")]
    [InlineData("x: @y\n", 1, "quotes")]
    [InlineData("a: 1\na: 2\n", 2, "given twice")]
    [InlineData("a: *nowhere\n", 1, "anchor")]
    [InlineData("a: 1\n---\nb: 2\n", 2, "exactly one")]
    [InlineData("? [x]\n: 1\n", 1, "plain text")]
    [InlineData("", 1, "title")]
    public void Malformed_text_is_refused_with_its_line(string yaml, int line, string words)
    {
        var error = Assert.Throws<DocumentFormatException>(() => YamlDocument.Parse(yaml));

        Assert.Equal(line, error.Line);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merge_keys_add_what_is_not_there()
    {
        var map = (MappingNode)YamlDocument.Parse("base: &b {x: 1, y: 2}\nown: {<<: *b, y: 3}\n");

        Assert.Equal("""{"y":3,"x":1}""", map.Find("own")!.Value.ToJson()!.ToJsonString());
    }

    [Fact]
    public void An_alias_bomb_is_refused_before_it_is_expanded()
    {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));

        var error = Assert.Throws<DocumentFormatException>(() => YamlDocument.Parse(bomb));

        Assert.Contains("100,000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_has_an_end()
    {
        Assert.Throws<DocumentFormatException>(() => YamlDocument.Parse(new string('[', 200) + new string(']', 200)));
    }
}

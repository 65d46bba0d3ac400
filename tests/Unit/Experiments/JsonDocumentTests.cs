using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.UnitTests.Experiments;

public sealed class JsonDocumentTests
{
    [Fact]
    public void Every_value_knows_its_line_and_column_in_characters()
    {
        var map = (MappingNode)JsonDocumentReader.Parse("{\n  \"é\": 1, \"key\": [true,\n null]\n}");

        var key = map.Find("key")!;
        Assert.Equal((2, 11), (key.Line, key.Column));
        Assert.Equal((3, 2), (((SequenceNode)key.Value).Items[1].Line, ((SequenceNode)key.Value).Items[1].Column));
    }

    [Theory]
    [InlineData("{\n  \"a\": 1,\n}", 3)]
    [InlineData("{\"a\": 1} x", 1)]
    [InlineData("{\"a\": 1,\n \"a\": 2}", 2)]
    [InlineData("", 1)]
    public void Malformed_text_is_refused_with_its_line(string json, int line)
    {
        var error = Assert.Throws<DocumentFormatException>(() => JsonDocumentReader.Parse(json));

        Assert.Equal(line, error.Line);
    }

    [Fact]
    public void What_is_read_is_what_was_written()
    {
        const string Json = """{"a":[1,2.5,"x",true,null,{"b":-7}],"c":""}""";

        Assert.Equal(Json, JsonDocumentReader.Parse(Json).ToJson()!.ToJsonString());
    }
}

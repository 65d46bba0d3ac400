using Back2Code.Chaos.Experiments.Documents;
using Back2Code.Chaos.Experiments.Identity;

namespace Back2Code.UnitTests.Experiments;

/// <summary>Digests and texts are those of Python's <c>hashlib.blake2b</c> and <c>json.dumps(…, sort_keys=True)</c>, on which the reference's identity rests.</summary>
public sealed class ExperimentIdentityTests
{
    /// <summary>RFC 7693, appendix A.</summary>
    [Fact]
    public void Abc_has_the_digest_of_the_rfc() => Assert.Equal(
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        Convert.ToHexStringLower(Blake2b.Hash("abc"u8, 64)));

    [Theory]
    [InlineData(0, "b8e1dda3ac0aa3820ad2990b")]
    [InlineData(127, "8d2dac9f3ea9ada7a467d2b1")]
    [InlineData(128, "21c1b69151c13981e817f5cd")]
    [InlineData(129, "290895de66ab4c71493eaaf0")]
    [InlineData(256, "8d27e533df389283a5ad52aa")]
    [InlineData(1_000, "c6bab3e90c62f17f4f1fecf8")]
    public void Twelve_bytes_of_any_length_are_those_of_hashlib(int length, string digest) =>
        Assert.Equal(digest, Convert.ToHexStringLower(Blake2b.Hash([.. Enumerable.Range(0, length).Select(i => (byte)(i % 251))], 12)));

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("-2.5", "-2.5")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("1e15", "1000000000000000.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("1e22", "1e+22")]
    [InlineData("1.5e300", "1.5e+300")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("1e-5", "1e-05")]
    [InlineData("123456789.25", "123456789.25")]
    [InlineData("0.1", "0.1")]
    [InlineData("12", "12")]
    [InlineData("\"a\\u00fc\\ud83d\\ude00\\u007f\\t/\\\\\"", "\"a\\u00fc\\ud83d\\ude00\\u007f\\t/\\\\\"")]
    [InlineData("{\"b\": [], \"B\": {}, \"a\": [1, true, null]}", "{\"B\": {}, \"a\": [1, true, null], \"b\": []}")]
    [InlineData("{\"\\ud83d\\ude00\": 1, \"\\uffee\": 2}", "{\"\\uffee\": 2, \"\\ud83d\\ude00\": 1}")]
    public void Json_is_written_as_python_writes_it(string json, string text) => Assert.Equal(text, PythonJson.Write(JsonDocumentReader.Parse(json, lastKeyWins: false)));

    [Fact]
    public void An_experiment_has_the_name_that_the_reference_gives_it_in_either_format()
    {
        const string Json = """
            {"title": "Is it \u00fcp? \ud83d\ude00", "description": "tab\tquote\" slash/ back\\ del\u007f", "method": [],
             "configuration": {"b": 1.0, "a": [1, -2.5, 1e16, 1e15, 1e-05, 0.0001, 123456789.25, 1e22, 1.5e300, true, null], "B": {"z": "", "y": {}}}}
            """;
        const string Yaml = """
            configuration:
              B: {y: {}, z: ""}
              a: [1, -2.5, 1.0e+16, 1000000000000000.0, 1.0e-05, 0.0001, 123456789.25, 1.0e+22, 1.5e+300, true, null]
              b: 1.0
            method: []
            description: "tab\tquote\" slash/ back\\ del\x7f"
            title: "Is it üp? 😀"
            """;

        Assert.Equal("304598bb647f27c14f18d76a", ExperimentIdentity.Of(JsonDocumentReader.Parse(Json, lastKeyWins: false)));
        Assert.Equal("304598bb647f27c14f18d76a", ExperimentIdentity.Of(YamlDocument.Parse(Yaml)));
    }
}

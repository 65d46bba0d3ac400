using Back2Code.Chaos.Experiments;

namespace Back2Code.UnitTests.Experiments;

public sealed class GivenValuesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("values-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a=b", "a", "\"b\"")]
    [InlineData("a=b=c", "a", "\"b=c\"")]
    [InlineData("a:int=7", "a", "7")]
    [InlineData("a:float=0.5", "a", "0.5")]
    [InlineData("a:bool=no", "a", "false")]
    [InlineData("a:json=[1,2]", "a", "[1,2]")]
    [InlineData("a=", "a", "\"\"")]
    public void A_variable_has_a_key_a_type_and_a_value(string text, string key, string json) =>
        Assert.Equal(json, GivenValues.Read([text], []).Variables[key]!.ToJsonString());

    [Theory]
    [InlineData("a", "key[:type]=value")]
    [InlineData("=b", "key[:type]=value")]
    [InlineData("a:date=b", "key[:type]=value")]
    [InlineData("a:int=b", "--var a: the value is no int")]
    public void What_is_none_is_refused_and_its_value_is_not_repeated(string text, string words) =>
        Assert.Contains(words, Assert.Throws<ExperimentSettingsException>(() => GivenValues.Read([text], [])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_gives_configuration_and_secrets_and_a_variable_wins()
    {
        var values = GivenValues.Read(["a=line"], [Write("v.yaml", "configuration: {a: file, b: 2}\nsecrets: {g: {k: s}}\n")]);

        Assert.Equal(("line", "2", "s"), (values.Variables["a"]!.GetValue<string>(), values.Variables["b"]!.ToJsonString(), values.Secrets["g"]["k"]!.GetValue<string>()));
    }

    [Fact]
    public void A_dot_env_file_stands_before_the_environment()
    {
        var values = GivenValues.Read([], [Write("my.env", "# comment\n\nexport PATH='/nowhere'\nB2C_TEST_VALUE=x=y\n")]);

        Assert.Equal(("/nowhere", "x=y"), (values.Environment("PATH"), values.Environment("B2C_TEST_VALUE")));
        Assert.NotNull(values.Environment("HOME"));
    }

    [Fact]
    public void A_bad_line_is_named()
    {
        var path = Write("my.env", "A=1\nnonsense\n");

        Assert.Equal($"{path}:2:1: expected NAME=value", Assert.Throws<ExperimentSettingsException>(() => GivenValues.Read([], [path])).Message);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }
}

using System.Text.Json.Nodes;
using Back2Code.Chaos.Experiments;
using Back2Code.Chaos.Experiments.Documents;

namespace Back2Code.UnitTests.Experiments;

public sealed class ExperimentScopeTests
{
    private static readonly Dictionary<string, string> Environment = new() { ["PORT"] = "8080", ["FLAG"] = "No", ["DOC"] = """{"a": [1]}""", ["WORD"] = "x" };

    [Theory]
    [InlineData("{type: env, key: PORT}", "\"8080\"")]
    [InlineData("{type: env, key: PORT, env_var_type: int}", "8080")]
    [InlineData("{type: env, key: FLAG, env_var_type: bool}", "false")]
    [InlineData("{type: env, key: WORD, env_var_type: bool}", "true")]
    [InlineData("{type: env, key: DOC, env_var_type: json}", "{\"a\":[1]}")]
    [InlineData("{type: env, key: NONE, default: 5}", "5")]
    [InlineData("{type: env, key: NONE, default: '5', env_var_type: int}", "5")]
    [InlineData("{type: env, key: NONE, default: 'no', env_var_type: bool}", "false")]
    [InlineData("{type: other, key: kept}", "{\"type\":\"other\",\"key\":\"kept\"}")]
    [InlineData("[1, two]", "[1,\"two\"]")]
    public async Task Configuration_comes_from_the_file_or_the_environment(string entry, string json)
    {
        var scope = await ResolveAsync($"configuration: {{value: {entry}}}");

        Assert.Equal(json, scope.Configuration["value"]!.ToJsonString());
    }

    [Theory]
    [InlineData("configuration: {value: {type: env, key: NONE}}", "NONE, which is not set")]
    [InlineData("configuration: {value: {type: env, key: NONE, default: ~}}", "NONE, which is not set")]
    [InlineData("configuration: {value: {type: env, key: WORD, env_var_type: int}}", "WORD holds is no int")]
    [InlineData("secrets: {group: {deep: {value: {type: env, key: NONE}}}}", "secret 'group.deep.value'")]
    [InlineData("secrets: {group: {value: {type: vault, path: x}}}", "needs vault_token")]
    [InlineData("secrets: {group: {value: {type: env, key: NONE}}}", "secret 'group.value'")]
    public async Task A_value_that_is_not_there_names_its_variable(string yaml, string words)
    {
        var error = await Assert.ThrowsAsync<ExperimentSettingsException>(() => ResolveAsync(yaml));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_given_value_wins_over_the_file_and_spares_its_look_up()
    {
        var scope = await ResolveAsync("configuration: {value: {type: env, key: NONE}}", new() { ["value"] = "given" });

        Assert.Equal("given", scope.Configuration["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Secrets_are_seen_only_by_who_asks_for_their_group_and_the_configuration_wins()
    {
        var scope = await ResolveAsync("configuration: {both: c}\nsecrets: {group: {key: s, both: s}}");

        var without = scope.For(new HttpProvider { Url = "x" });
        var with = scope.For(new HttpProvider { Url = "x", Secrets = ["group"] });
        Assert.False(without.ContainsKey("key"));
        Assert.Equal(("s", "c"), (with["key"]!.GetValue<string>(), with["both"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Secrets_from_outside_win_key_by_key_and_spare_the_look_up()
    {
        var experiment = Read("secrets: {group: {key: {type: env, key: NONE}, other: file}}");
        var values = new ExperimentValues { Secrets = new Dictionary<string, JsonObject> { ["group"] = new() { ["key"] = "given" } } };

        var scope = await ExperimentScope.ResolveAsync(experiment, values, runner: null, TestContext.Current.CancellationToken);

        var seen = scope.For(new HttpProvider { Url = "x", Secrets = ["group"] });
        Assert.Equal(("given", "file"), (seen["key"]!.GetValue<string>(), seen["other"]!.GetValue<string>()));
        Assert.Equal("*** and ***", scope.Mask.Hide("given and file"));
    }

    private static Task<ExperimentScope> ResolveAsync(string yaml, Dictionary<string, JsonNode?>? given = null)
    {
        return ExperimentScope.ResolveAsync(Read(yaml), given ?? [], Environment.GetValueOrDefault, runner: null, TestContext.Current.CancellationToken);
    }

    private static Experiment Read(string yaml)
    {
        var map = (MappingNode)YamlDocument.Parse(yaml);
        return new Experiment
        {
            Title = "t",
            Description = "d",
            Source = map,
            Configuration = map.Find("configuration")?.Value as MappingNode,
            Secrets = map.Find("secrets")?.Value as MappingNode,
        };
    }
}

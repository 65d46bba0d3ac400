using Back2Code.Chaos.Experiments;

namespace Back2Code.UnitTests.Experiments;

public sealed class ChaosSettingsTests : IDisposable
{
    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("settings-").FullName, "settings.yaml");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Tokens_and_strategies_are_used_and_the_rest_is_told()
    {
        var settings = Load("""
            auths: {"chaos.example.com:8443": {type: bearer, value: XYZ}, other.example: {type: basic, value: abc}}
            runtime: {rollbacks: {strategy: always}, hypothesis: {strategy: continously}}
            controls: {x: {provider: {type: python, module: m}}}
            notifications: []
            """);

        Assert.Equal("XYZ", Assert.Single(settings.Tokens).Value);
        Assert.Equal((RollbackStrategy.Always, HypothesisStrategy.Continuously), (settings.Rollback, settings.Hypothesis));
        Assert.Equal(2, settings.Warnings.Count);
    }

    [Fact]
    public void A_wrong_strategy_is_named_with_its_place()
    {
        var error = Assert.Throws<InvalidExperimentException>(() => Load("runtime:\n  rollbacks:\n    strategy: sometimes\n"));

        Assert.Contains("settings.yaml:3:5: strategy 'sometimes'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_map_changes_nothing() => Assert.Null(Load("{}").Rollback);

    private ChaosSettings Load(string text)
    {
        File.WriteAllText(_file, text);
        return ChaosSettings.Load(_file);
    }
}

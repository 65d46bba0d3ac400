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
            notifications:
              - {type: http, url: "https://hooks.example/secret", headers: {Authorization: Bearer x}, events: [run-failed], verify_tls: false, forward_event_payload: false}
              - {type: plugin, module: chaosslack.notification, func: notify}
            """);

        Assert.Equal("XYZ", Assert.Single(settings.Tokens).Value);
        Assert.Equal((RollbackStrategy.Always, HypothesisStrategy.Continuously), (settings.Rollback, settings.Hypothesis));
        var channel = Assert.Single(settings.Channels);
        Assert.Equal(("https://hooks.example", "Bearer x", "run-failed", false, false), (channel.Place, channel.Headers["Authorization"], channel.Events.Single(), channel.VerifyTls, channel.ForwardsPayload));
        Assert.Equal(2, settings.Warnings.Count);
        Assert.Contains("'chaosslack.notification' is skipped", settings.Warnings[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("notifications: {}", ":1:16: 'notifications' must be a list")]
    [InlineData("notifications: [{type: http}]", ":1:17: the http notification channel needs 'url'")]
    [InlineData("notifications: [{type: http, url: 'ftp://token@x'}]", "is not an http or https address")]
    public void A_wrong_channel_is_named_with_its_place_and_without_its_address(string text, string words)
    {
        var error = Assert.Throws<InvalidExperimentException>(() => Load(text));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token", error.Message, StringComparison.Ordinal);
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

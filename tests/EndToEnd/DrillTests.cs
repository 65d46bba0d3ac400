using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>
/// Some of the shipped drills on a running platform: those with most parts of their own. Each must meet every objective it declares. All of them together take
/// the better part of an hour: `drill run --all`.
/// </summary>
public sealed class DrillTests(RunningPlatform platform) : IClassFixture<RunningPlatform>
{
    [Theory]
    [InlineData("alert-storm")]
    [InlineData("blind-monitoring")]
    public async Task Drill_on_a_running_platform_meets_every_objective(string drill)
    {
        using var summary = await RunAsync(drill);

        var ledger = summary.RootElement.GetProperty("ledger");
        Assert.Equal("completed", summary.RootElement.GetProperty("status").GetString());
        Assert.All(summary.RootElement.GetProperty("objectives").EnumerateArray(), objective => Assert.True(objective.GetProperty("met").GetBoolean(), objective.ToString()));
        Assert.NotEmpty(summary.RootElement.GetProperty("receipts").EnumerateArray());
        Assert.True(ledger.GetProperty("acknowledged").GetInt64() > 100, ledger.ToString());
        Assert.Equal(ledger.GetProperty("acknowledged").GetInt64(), ledger.GetProperty("verified").GetInt64());
    }

    /// <summary>Instead of two runs of one drill each: the scorecard costs nothing on top.</summary>
    [Fact]
    public async Task Two_drills_make_a_campaign_whose_reports_can_all_be_computed_again()
    {
        using var folder = new TemporaryFolder();
        var junit = Path.Combine(folder.Path, "junit.xml");

        await using var command = RunningCommand.Start(["drill", "run", "redis-outage", "broker-outage", "--json", "--junit", junit, "--state", platform.State, "--report", folder.Path]);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(360), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"The campaign ended with {exit}.\n{command}");
        using var campaign = JsonDocument.Parse(command.Output);
        Assert.All(campaign.RootElement.GetProperty("runs").EnumerateArray(), run => Assert.True(run.GetProperty("exitCode").GetInt32() == 0 && run.GetProperty("acknowledged").GetInt32() > 100, run.ToString()));
        var redis = campaign.RootElement.GetProperty("alerts").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "RedisUnavailable");
        Assert.Equal((1.0, 1.0), (redis.GetProperty("precision").GetDouble(), redis.GetProperty("recall").GetDouble()));
        Assert.Equal("0", System.Xml.Linq.XDocument.Load(junit).Root!.Element("testsuite")!.Attribute("failures")!.Value);
        Assert.True(File.Exists(Path.Combine(folder.Path, "campaign.html")));
        await VerifyAsync(Path.Combine(folder.Path, "01-redis-outage"));
        await VerifyAsync(Path.Combine(folder.Path, "02-broker-outage"));
    }

    [Fact]
    public async Task Nothing_fires_and_nothing_fails_when_nothing_is_broken()
    {
        using var summary = await RunAsync("no-fault", "--duration", "20s");

        Assert.Empty(summary.RootElement.GetProperty("alerts").EnumerateArray());
        Assert.Equal(0, summary.RootElement.GetProperty("requests").GetProperty("failed").GetInt64());
        Assert.Equal(JsonValueKind.Null, summary.RootElement.GetProperty("mttdSeconds").ValueKind);
    }

    private async Task<JsonDocument> RunAsync(string drill, params string[] options)
    {
        using var reports = new TemporaryFolder();

        await using var command = RunningCommand.Start(["drill", "run", drill, "--json", "--state", platform.State, "--report", reports.Path, .. options]);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(360), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"drill run {drill} ended with {exit}.\n{command}");
        await VerifyAsync(reports.Path);
        return JsonDocument.Parse(command.Output);
    }

    /// <summary>Every figure of the report follows from the evidence that it carries.</summary>
    private static async Task VerifyAsync(string report)
    {
        await using var verify = RunningCommand.Start(["drill", "verify-report", report, "--differences"]);
        var exit = await verify.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"verify-report {report} ended with {exit}.\n{verify}");
    }
}

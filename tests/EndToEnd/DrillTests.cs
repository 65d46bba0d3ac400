using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>
/// Some of the shipped drills on a running platform: those with most parts of their own. Each must meet every objective it declares. All of them together take
/// the better part of an hour: `drill run --all`.
/// </summary>
[Collection(RunningPlatform.Shared)]
public sealed class DrillTests(RunningPlatform platform)
{
    /// <summary>One run of several drills instead of several runs of one: the scorecard costs nothing on top, and the platform is looked at between them.</summary>
    [Fact]
    public async Task A_campaign_meets_every_objective_and_its_reports_can_all_be_computed_again()
    {
        string[] drills = ["redis-outage", "blind-monitoring", "alert-storm"];
        using var folder = new TemporaryFolder();
        var junit = Path.Combine(folder.Path, "junit.xml");

        await using var command = RunningCommand.Start(["drill", "run", .. drills, "--json", "--junit", junit, "--state", platform.State, "--report", folder.Path]);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(480), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"The campaign ended with {exit}.\n{command}");
        using var campaign = JsonDocument.Parse(command.Output);
        Assert.Equal(drills.Length, campaign.RootElement.GetProperty("runs").GetArrayLength());
        var redis = campaign.RootElement.GetProperty("alerts").EnumerateArray().Single(rule => rule.GetProperty("rule").GetString() == "RedisUnavailable");
        Assert.Equal((1.0, 1.0), (redis.GetProperty("precision").GetDouble(), redis.GetProperty("recall").GetDouble()));
        Assert.Equal("0", System.Xml.Linq.XDocument.Load(junit).Root!.Element("testsuite")!.Attribute("failures")!.Value);
        Assert.True(File.Exists(Path.Combine(folder.Path, "campaign.html")));
        foreach (var (drill, number) in drills.Select((drill, index) => (drill, index + 1)))
        {
            var report = Path.Combine(folder.Path, $"{number:00}-{drill}");
            using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(report, "summary.json"), TestContext.Current.CancellationToken));
            AssertEveryObjectiveIsMet(summary.RootElement);
            await VerifyAsync(report);
        }
    }

    [Fact]
    public async Task Nothing_fires_and_nothing_fails_when_nothing_is_broken()
    {
        using var summary = await RunAsync("no-fault", "--duration", "20s");

        Assert.Empty(summary.RootElement.GetProperty("alerts").EnumerateArray());
        Assert.Equal(0, summary.RootElement.GetProperty("requests").GetProperty("failed").GetInt64());
        Assert.Equal(JsonValueKind.Null, summary.RootElement.GetProperty("mttdSeconds").ValueKind);
    }

    private static void AssertEveryObjectiveIsMet(JsonElement summary)
    {
        var ledger = summary.GetProperty("ledger");
        Assert.Equal("completed", summary.GetProperty("status").GetString());
        Assert.All(summary.GetProperty("objectives").EnumerateArray(), objective => Assert.True(objective.GetProperty("met").GetBoolean(), objective.ToString()));
        Assert.NotEmpty(summary.GetProperty("receipts").EnumerateArray());
        Assert.True(ledger.GetProperty("acknowledged").GetInt64() > 100, ledger.ToString());
        Assert.Equal(ledger.GetProperty("acknowledged").GetInt64(), ledger.GetProperty("verified").GetInt64());
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

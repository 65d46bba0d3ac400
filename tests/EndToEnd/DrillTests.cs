using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>The shipped drills on a running platform: each must meet every objective it declares.</summary>
public sealed class DrillTests(RunningPlatform platform) : IClassFixture<RunningPlatform>
{
    [Theory]
    [InlineData("redis-outage")]
    [InlineData("broker-outage")]
    [InlineData("slow-database")]
    [InlineData("replica-kill")]
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
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(150), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"drill run {drill} ended with {exit}.\n{command}");
        return JsonDocument.Parse(command.Output);
    }
}

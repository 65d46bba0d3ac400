using System.Text.Json;

namespace Back2Code.EndToEndTests;

/// <summary>The drill that needs a platform with another time scale: it starts and stops its own.</summary>
public sealed class SlowBurnTests
{
    [Fact]
    public async Task One_request_in_a_hundred_is_a_ticket_and_no_page()
    {
        using var state = new StateFolder();
        using var reports = new TemporaryFolder();

        await using var command = RunningCommand.Start("drill", "run", "slow-burn", "--json", "--state", state.Path, "--port-base", "auto", "--report", reports.Path);
        var exit = await command.WaitAsync(TimeSpan.FromSeconds(300), TestContext.Current.CancellationToken);

        Assert.True(exit == 0, $"drill run slow-burn ended with {exit}.\n{command}");
        using var summary = JsonDocument.Parse(command.Output);
        var alerts = summary.RootElement.GetProperty("alerts").EnumerateArray().ToList();
        Assert.Contains(alerts, alert => alert.GetProperty("name").GetString() == "NotesAvailabilitySlowBurn" && alert.GetProperty("severity").GetString() == "warning");
        Assert.DoesNotContain(alerts, alert => alert.GetProperty("severity").GetString() == "critical");

        // 1 % while the fault stood, which was most of the time that was measured.
        Assert.InRange(summary.RootElement.GetProperty("requests").GetProperty("failedRatio").GetDouble(), 0.005, 0.0105);
        await state.AssertNothingIsLeftAsync(TestContext.Current.CancellationToken);
    }
}

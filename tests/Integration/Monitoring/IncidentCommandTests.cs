using System.Diagnostics;
using System.Text.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Incidents;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>The command line as a person uses it, against a real monitoring service.</summary>
public sealed class IncidentCommandTests(SharedServers servers) : IAsyncLifetime
{
    private readonly SpoolFolder _spool = new();
    private MonitoringApplication _monitoring = null!;

    public async ValueTask InitializeAsync() =>
        _monitoring = await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), _spool.Path);

    public async ValueTask DisposeAsync()
    {
        await _monitoring.DisposeAsync();
        _spool.Dispose();
    }

    [Fact]
    public async Task An_incident_is_worked_on_to_its_postmortem()
    {
        await _monitoring.TellAsync(Alert("Down", 0, severity: "critical"));
        string id = (await _monitoring.ListAsync()).Items[0].Id.ToString();
        string file = Path.Combine(_spool.Path, "postmortem.md");

        (int listed, string list, _) = await RunAsync("list", "--status", "active");
        (int acknowledged, string said, _) = await RunAsync("ack", id[^6..], "--text", "on it");
        (int noted, _, _) = await RunAsync("note", "latest", "Failed over", "--at", "1m");
        (int edited, _, _) = await RunAsync("edit", "latest", "--commander", "grace", "--started-at", "2025-11-20T11:59:00Z", "--service", "notes", "--service", "search");
        (int resolved, _, _) = await RunAsync("resolve", id);
        (int acted, _, _) = await RunAsync("action", id, "Alert on lag", "--type", "detect", "--owner", "grace");
        (int done, string json, _) = await RunAsync("action", id, "--done", "1", "--json");
        (int reviewed, _, _) = await RunAsync("review", id);
        (int exported, _, _) = await RunAsync("export", id, "--out", file);
        (int shown, string page, _) = await RunAsync("show", id);

        Assert.All([listed, acknowledged, noted, edited, resolved, acted, done, reviewed, exported, shown], code => Assert.Equal(0, code));
        Assert.Contains(id[^8..], list, StringComparison.Ordinal);
        Assert.Contains("acknowledged, critical: Down summary", said, StringComparison.Ordinal);
        Assert.True(JsonDocument.Parse(json).RootElement.GetProperty("actions")[0].GetProperty("done").GetBoolean());
        Assert.Contains("Failed over", page, StringComparison.Ordinal);
        IncidentView incident = (await _monitoring.ListAsync()).Items[0];
        Assert.Equal(("reviewed", "grace", "ada"), (incident.State, incident.Commander, incident.ResolvedBy));
        Assert.Equal(60, incident.Measures.MttdSeconds!.Value - (incident.Measures.DetectedAt!.Value - At(0)).TotalSeconds, 3);
        Assert.StartsWith("# Postmortem: Down summary\n", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_is_opened_by_hand_and_a_second_is_refused_with_the_first_s_name()
    {
        (int opened, string said, _) = await RunAsync("open", "Customers call", "--severity", "error");
        (int again, _, string error) = await RunAsync("open", "Customers call again");

        Assert.Equal((0, 1), (opened, again));
        Assert.Contains("open, error: Customers call", said, StringComparison.Ordinal);
        Assert.Contains("is open already", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_say_what_to_do()
    {
        (int none, _, string noIncident) = await RunAsync("show", "latest");
        (int prefix, _, string noMatch) = await RunAsync("show", "beef");
        (int nonsense, _, string noId) = await RunAsync("show", "the first one");
        (int time, _, string noZone) = await RunAsync("note", "latest", "x", "--at", "2025-11-20 12:00");
        (int half, _, string lacks) = await RunAsync("action", "latest", "x");

        Assert.Equal((1, 1, 1, 2, 2), (none, prefix, nonsense, time, half));
        Assert.Contains("There are no incidents.", noIncident, StringComparison.Ordinal);
        Assert.Contains("No incident ends with 'beef'", noMatch, StringComparison.Ordinal);
        Assert.Contains("four or more of its last characters", noId, StringComparison.Ordinal);
        Assert.Contains("neither a time with its zone", noZone, StringComparison.Ordinal);
        Assert.Contains("needs a title, --type and --owner", lacks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_postmortem_that_exists_is_not_overwritten()
    {
        await _monitoring.TellAsync(Alert("Down", 0));
        string file = Path.Combine(_spool.Path, "mine.md");
        await File.WriteAllTextAsync(file, "my answers");

        (int code, _, string error) = await RunAsync("export", "latest", "--out", file);

        Assert.Equal(1, code);
        Assert.Contains("exists", error, StringComparison.Ordinal);
        Assert.Equal("my answers", await File.ReadAllTextAsync(file));
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "back2code.dll"), "incident", .. arguments, "--url", _monitoring.Address])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["BACK2CODE_TOKEN"] = TestIdentity.TokenFor("ada");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }
}

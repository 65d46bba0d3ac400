using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Notifying;
using Back2Code.UnitTests.Resilience;
using static Back2Code.UnitTests.Monitoring.Notifications;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>What calls somebody: the first critical alert of an outage, and nothing else.</summary>
public sealed class PagerLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-pager-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task One_outage_calls_once_however_many_alerts_it_raises() => Assert.Equal(
        ["Down"],
        await CallsAsync(
            (1, [Firing("Down", 0, Severity.Critical)]),
            (2, [Firing("Other", 1, Severity.Critical)]),
            (9, [Resolved("Down", 0, 8, Severity.Critical), Resolved("Other", 1, 8, Severity.Critical)])));

    [Fact]
    public async Task A_warning_calls_nobody_until_it_is_critical() => Assert.Equal(
        ["Page"], await CallsAsync((1, [Firing("Ticket", 0)]), (5, [Firing("Page", 4, Severity.Critical)])));

    [Fact]
    public async Task An_incident_that_was_over_and_begins_anew_calls_again() => Assert.Equal(
        ["Down", "Down"],
        await CallsAsync((1, [Firing("Down", 0, Severity.Critical)]), (5, [Resolved("Down", 0, 4, Severity.Critical)]), (8, [Firing("Down", 7, Severity.Critical)])));

    [Fact]
    public async Task An_end_calls_nobody() => Assert.Empty(await CallsAsync((5, [Resolved("Down", 0, 4, Severity.Critical)])));

    /// <returns>For each call the alerts that it told of.</returns>
    private async Task<IEnumerable<string>> CallsAsync(params (double Second, Alert[] Alerts)[] notifications)
    {
        string path = Path.Combine(_folder, "pager.jsonl");
        using var file = new JsonLinesFile(path, new RetentionOptions(), new ManualTime());
        var told = new Notifications();
        var pager = new PagerLog(file, _ => told.Only, new ManualTime());
        foreach ((double second, Alert[] alerts) in notifications)
        {
            int before = told.News.Count;
            told.Tell(second, alerts);
            foreach (Notice notice in told.News.Skip(before).Where(n => n.Severity >= pager.Subscription.From).ToList())
            {
                await pager.DeliverAsync([notice], default);
            }
        }

        return File.Exists(path)
            ? (await File.ReadAllLinesAsync(path)).Select(l => string.Join(',', JsonDocument.Parse(l).RootElement.GetProperty("alerts").EnumerateArray().Select(a => a.GetString())))
            : [];
    }
}

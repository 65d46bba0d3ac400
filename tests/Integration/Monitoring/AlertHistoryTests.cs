using System.Net;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Microsoft.Extensions.DependencyInjection;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

public sealed class AlertHistoryTests(SharedServers servers, MonitoringFixture fixture) : IClassFixture<MonitoringFixture>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task The_history_is_filtered_and_paged_newest_first_each_alert_once()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        for (int i = 0; i < 9; i++)
        {
            await monitoring.TellAsync(Alert($"A{i}", i * 100, i < 6 ? (i * 100) + 5 : null, i % 3 == 0 ? "critical" : "warning"));
        }

        await monitoring.TellAsync(Alert("Fyi", 50, severity: "info"));
        var seen = new List<AlertView>();
        string? cursor = null;
        do
        {
            AlertPage page = await monitoring.HistoryAsync($"?limit=4{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.True(page.Complete);
            seen.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(["A8", "A7", "A6", "A5", "A4", "A3", "A2", "A1", "Fyi", "A0"], seen.Select(a => a.Name));
        Assert.Equal(["A8", "A7", "A6", "Fyi"], await NamesAsync(monitoring, "?state=firing"));
        Assert.Equal(["A6", "A3", "A0"], await NamesAsync(monitoring, "?severity=critical"));
        Assert.Equal(["A3"], await NamesAsync(monitoring, "?severity=critical&state=resolved&name=A3&service=notes"));
        Assert.Equal(["A3", "A2"], await NamesAsync(monitoring, $"?from={Uri.EscapeDataString(At(200).ToString("O"))}&to={Uri.EscapeDataString(At(400).ToString("O"))}"));
        Assert.Empty(await NamesAsync(monitoring, "?service=nobody"));
        Assert.NotNull(seen[0].Incident);
        Assert.Null(seen.Single(a => a.Name == "Fyi").Incident);
    }

    [Fact]
    public async Task An_end_that_arrives_changes_the_alert_and_adds_none()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        await monitoring.TellAsync(Alert("Down", 0));
        AlertView firing = Assert.Single((await monitoring.HistoryAsync()).Items);

        await monitoring.TellAsync(Alert("Down", 0, 5));

        AlertView ended = Assert.Single((await monitoring.HistoryAsync()).Items);
        Assert.Equal(("firing", "resolved", At(5)), (firing.State, ended.State, ended.EndsAt));
    }

    [Fact]
    public async Task What_ended_too_long_ago_or_is_too_many_leaves_the_history_and_what_fires_stays()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        var history = monitoring.Services.GetRequiredService<AlertStore>();
        for (int i = 0; i < 6; i++)
        {
            await monitoring.TellAsync(Alert($"A{i}", i * 100, i == 0 ? null : (i * 100) + 5));
        }

        await Eventually.IsTrueAsync(async () => (await NamesAsync(monitoring, "")).Count() == 6, Bound, "all are stored");
        int old = await history.PruneAsync(At(206), keep: 100, TestContext.Current.CancellationToken);
        List<string> young = [.. await NamesAsync(monitoring, "")];
        int surplus = await history.PruneAsync(At(0), keep: 1, TestContext.Current.CancellationToken);

        Assert.Equal(2, old);
        Assert.Equal(["A5", "A4", "A3", "A0"], young);
        Assert.Equal(2, surplus);
        Assert.Equal(["A5", "A0"], await NamesAsync(monitoring, ""));
    }

    [Fact]
    public async Task An_alert_that_PostgreSQL_refuses_keeps_no_other_out_of_the_history()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await StartAsync(spool);
        var history = monitoring.Services.GetRequiredService<AlertHistory>();

        // Three bytes each, and at random, so that PostgreSQL cannot compress it: too long for the index on services.
        var random = new Random(7);
        string tooLong = new([.. Enumerable.Range(0, 1_024).Select(_ => (char)random.Next(0x4e00, 0x9fff))]);
        await history.DeliverAsync([NoticeOf("Good1", 1, "notes"), NoticeOf("Bad", 2, tooLong), NoticeOf("Good2", 3, "notes")], TestContext.Current.CancellationToken);

        Assert.Equal(["Good2", "Good1"], await NamesAsync(monitoring, ""));
    }

    [Theory]
    [InlineData("AlertsFor", "00:00:01")]
    [InlineData("Alerts", "10")]
    [InlineData("LogBytes", "1")]
    [InlineData("LogFiles", "1")]
    [InlineData("LogFor", "4000.00:00:00")]
    [InlineData("Every", "00:00:00")]
    public async Task A_bound_that_makes_no_sense_is_refused_at_start(string name, string value)
    {
        using var spool = new SpoolFolder();
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");

        Exception refused;
        do
        {
            refused = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await using var _ = await MonitoringApplication.StartAsync(database, spool.Path, new Dictionary<string, string> { ["Monitoring:Retention:" + name] = value });
            });
        }
        while (refused is ObjectDisposedException); // The test host sometimes meets the disposed service before it is told why that was given up.

        Assert.Contains(name, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_PostgreSQL_is_down_the_history_tells_what_is_in_memory_and_keeps_what_comes()
    {
        await using PostgresServer postgres = await PostgresServer.StartAsync();
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(await postgres.CreateDatabaseAsync("monitoring"), spool.Path);
        await monitoring.TellAsync(Alert("Before", 0));
        await postgres.KillAsync();

        await monitoring.TellAsync(Alert("During", 5));
        AlertPage during = await monitoring.HistoryAsync();
        await postgres.RestartAsync();
        await Eventually.IsTrueAsync(async () => await monitoring.HistoryAsync() is { Complete: true, Items.Count: 2 }, Bound, "both stand in the history");

        Assert.Equal(["During", "Before"], during.Items.Select(a => a.Name));
        Assert.False(during.Complete);
    }

    [Theory]
    [InlineData("?state=open")]
    [InlineData("?severity=bad")]
    [InlineData("?severity=2")]
    [InlineData("?limit=0")]
    [InlineData("?limit=501")]
    [InlineData("?cursor=abc")]
    [InlineData("?from=yesterday")]
    [InlineData("?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")]
    [InlineData("?name=a%00b")]
    public async Task A_parameter_that_means_nothing_is_refused(string query)
    {
        using HttpResponseMessage response = await fixture.Monitoring.GetAsync("/v1/alerts" + query);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "bad-request");
    }

    private static Notice NoticeOf(string name, int second, string service)
    {
        var labels = new Dictionary<string, string> { ["alertname"] = name, ["service"] = service };
        var alert = new Alert { Fingerprint = name, Name = name, Severity = Severity.Info, StartsAt = At(second), Labels = labels };
        return new Notice { Id = Guid.NewGuid(), At = At(second), Severity = Severity.Info, Alerts = [AlertEpisode.Of(alert, At(second))] };
    }

    private static async Task<IEnumerable<string>> NamesAsync(MonitoringApplication monitoring, string query) => (await monitoring.HistoryAsync(query)).Items.Select(a => a.Name);

    private async Task<MonitoringApplication> StartAsync(SpoolFolder spool) =>
        await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path);
}

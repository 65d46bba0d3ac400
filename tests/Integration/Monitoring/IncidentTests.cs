using System.Net;
using System.Net.Http.Json;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.DependencyInjection;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

public sealed class IncidentTests(MonitoringFixture fixture) : IClassFixture<MonitoringFixture>
{
    [Fact]
    public async Task An_outage_is_an_incident_from_its_first_alert_to_the_end_of_its_last()
    {
        await fixture.Monitoring.TellAsync(Alert("Lone", 0, group: "outage"));
        await fixture.Monitoring.TellAsync(Alert("Page", 2, severity: "critical", group: "outage"));
        IncidentView open = await OnlyOfAsync("Page summary");
        await fixture.Monitoring.TellAsync(Alert("Lone", 0, 8, group: "outage"), Alert("Page", 2, 9, "critical", "outage"));

        using HttpResponseMessage response = await fixture.Monitoring.GetAsync($"/v1/incidents/{open.Id}");

        IncidentView closed = (await response.Content.ReadFromJsonAsync<IncidentView>(TestContext.Current.CancellationToken))!;
        Assert.Equal(("open", "critical", At(0)), (open.State, open.Severity, open.OpenedAt));
        Assert.Equal(("resolved", At(9), 2), (closed.State, closed.ResolvedAt, closed.Alerts.Count));
        Assert.Equal(closed.Timeline.Select(t => t.At).Order(), closed.Timeline.Select(t => t.At));
        Assert.All(closed.Timeline, t => Assert.True(t.RecordedAt >= t.At));
        Assert.Equal("notes-1", closed.Alerts[0].Instance);
    }

    [Fact]
    public async Task Two_ends_of_one_alert_that_lie_ahead_of_our_clock_are_stored()
    {
        string ahead = Alert("Ahead", 0, 1, group: "ahead");
        await fixture.Monitoring.TellAsync(ahead.Replace("2025-", "2045-", StringComparison.Ordinal), ahead.Replace("2025-", "2046-", StringComparison.Ordinal));

        var book = fixture.Monitoring.Services.GetRequiredService<IncidentDesk>().Book;
        Incident incident = Assert.Single(book.All, i => i.Group == "ahead");
        await Eventually.IsTrueAsync(() => Task.FromResult(book.Unstored.All(i => i.Id != incident.Id)), TimeSpan.FromSeconds(20), "PostgreSQL has the incident");

        Assert.Equal(2, incident.Alerts.Length);
    }

    [Fact]
    public async Task Pages_hold_every_incident_once_newest_first()
    {
        for (int i = 0; i < 7; i++)
        {
            await fixture.Monitoring.TellAsync(Alert($"Paged{i}", 10_000 + (i * 100), 10_000 + (i * 100) + 5, group: "pages"));
        }

        var seen = new List<IncidentView>();
        string? cursor = null;
        do
        {
            IncidentPage page = await fixture.Monitoring.ListAsync($"?state=resolved&limit=2{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.InRange(page.Items.Count, 1, 2);
            Assert.True(page.Complete);
            seen.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);

        Assert.Equal(seen.Count, seen.DistinctBy(i => i.Id).Count());
        Assert.Equal(Enumerable.Range(0, 7).Reverse().Select(i => $"Paged{i} summary"), seen.Where(i => i.Title.StartsWith("Paged", StringComparison.Ordinal)).Select(i => i.Title));
    }

    [Fact]
    public async Task The_next_page_is_linked()
    {
        // Two notifications: what arrives together is one outage.
        await fixture.Monitoring.TellAsync(Alert("LinkA", 50_000, 50_005, group: "link"));
        await fixture.Monitoring.TellAsync(Alert("LinkB", 60_000, 60_005, group: "link"));

        using HttpResponseMessage response = await fixture.Monitoring.GetAsync("/v1/incidents?limit=1&state=resolved");

        Assert.Matches("^</v1/incidents\\?limit=1&state=resolved&cursor=[A-Za-z0-9_-]{32}>; rel=\"next\"$", response.Headers.GetValues("Link").Single());
    }

    [Theory]
    [InlineData("?state=closed")]
    [InlineData("?limit=0")]
    [InlineData("?limit=101")]
    [InlineData("?limit=many")]
    [InlineData("?cursor=abc")]
    public async Task A_parameter_that_means_nothing_is_refused(string query)
    {
        using HttpResponseMessage response = await fixture.Monitoring.GetAsync("/v1/incidents" + query);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "bad-request");
    }

    [Fact]
    public async Task An_incident_that_does_not_exist_is_not_found()
    {
        using HttpResponseMessage response = await fixture.Monitoring.GetAsync($"/v1/incidents/{Guid.NewGuid()}");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "incident-not-found");
    }

    [Theory]
    [InlineData("/v1/incidents")]
    [InlineData("/v1/incidents/01890a5d-ac96-774b-bcce-b302099a8057")]
    public async Task Who_is_not_signed_in_sees_nothing(string path)
    {
        using HttpResponseMessage response = await fixture.Monitoring.Anonymous().GetAsync(path, TestContext.Current.CancellationToken);

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private async Task<IncidentView> OnlyOfAsync(string title) =>
        Assert.Single((await fixture.Monitoring.ListAsync("?limit=100")).Items, i => i.Title == title);
}

using System.Net;
using System.Net.Http.Json;
using Back2Code.Audit;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Spool;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using static Back2Code.IntegrationTests.Monitoring.Notification;

namespace Back2Code.IntegrationTests.Monitoring;

/// <summary>What people do to incidents, over HTTP and into PostgreSQL.</summary>
public sealed class IncidentWorkTests(SharedServers servers, MonitoringFixture fixture) : IClassFixture<MonitoringFixture>
{
    private static readonly AuditActor Ada = new("ada", "back2code", "127.0.0.1");

    [Fact]
    public async Task An_old_incident_that_finds_no_room_in_memory_is_there_and_cannot_be_changed_now()
    {
        await fixture.Monitoring.TellAsync(Alert("Roomless", 0, 5, group: "roomless"));
        IncidentDesk stored = fixture.Monitoring.Services.GetRequiredService<IncidentDesk>();
        Guid id = stored.Book.All.Single(i => i.Group == "roomless").Id;
        await Eventually.IsTrueAsync(() => stored.Book.Unstored.All(i => i.Id != id), TimeSpan.FromSeconds(20), "PostgreSQL has the incident");
        using var spool = new SpoolFolder();
        using IncidentDesk full = DeskIn(spool);
        Assert.True(await full.AcceptAsync([.. Enumerable.Range(0, IncidentDesk.MaximumUnstored).Select(AlertOfItsOwnGroup)], full.Now, TestContext.Current.CancellationToken));
        var clerk = new IncidentClerk(full, fixture.Monitoring.Services.GetRequiredService<IncidentReader>());

        var result = await clerk.ChangeAsync(id, _ => new IncidentChange(id, IncidentChangeKind.Note, full.Now, "ada") { Text = "seen" }, Ada, TestContext.Current.CancellationToken);
        var missing = await clerk.ChangeAsync(Guid.NewGuid(), i => new IncidentChange(i.Id, IncidentChangeKind.Note, full.Now, "ada"), Ada, TestContext.Current.CancellationToken);

        Assert.Equal(503, Assert.IsType<ProblemHttpResult>(result.Result).StatusCode);
        Assert.Equal(404, Assert.IsType<ProblemHttpResult>(missing.Result).StatusCode);
    }

    [Fact]
    public async Task An_incident_is_worked_on_from_its_alert_to_its_review_and_PostgreSQL_gives_it_back_as_it_was()
    {
        PostgresServer postgres = await servers.PostgresAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using SpoolFolder firstSpool = new(), secondSpool = new();
        string told;
        Guid id;
        await using (MonitoringApplication monitoring = await MonitoringApplication.StartAsync(database, firstSpool.Path))
        {
            await monitoring.TellAsync(Alert("Down", 10, severity: "critical"));
            id = (await monitoring.ListAsync("?state=active")).Items[0].Id;
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { at = At(20), text = "on it" });
            await monitoring.WorkAsync(HttpMethod.Patch, $"/v1/incidents/{id}", new { commander = "grace", services = new[] { "notes", "search" }, startedAt = At(5) });
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/notes", new { at = At(25), text = "Failed over" }, "grace");
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/mitigate", new { at = At(30) }, "grace");
            await monitoring.TellAsync(Alert("Down", 10, 40, "critical"));
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/actions", new { title = "Alert on lag", type = "detect", owner = "ada", reference = "OPS-7" });
            await monitoring.WorkAsync(HttpMethod.Patch, $"/v1/incidents/{id}/actions/1", new { done = true });
            IncidentView reviewed = await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/review", new { });

            Assert.Equal(("reviewed", "grace", At(20), At(30), At(40)), (reviewed.State, reviewed.Commander, reviewed.AcknowledgedAt, reviewed.MitigatedAt, reviewed.ResolvedAt));
            Assert.Equal((15, 25, "person"), (reviewed.Measures.MttaSeconds!.Value, reviewed.Measures.MttrSeconds!.Value, reviewed.Measures.StartedAtSource));
            Assert.Equal(["notes", "search"], reviewed.Services);
            Assert.Equal(new IncidentActionView(1, "Alert on lag", "detect", "ada", "OPS-7", Done: true), Assert.Single(reviewed.Actions));
            Assert.Contains(reviewed.Timeline, t => t is { Kind: "note", Text: "Failed over", By: "grace" } && t.At == At(25) && t.RecordedAt > At(100));
            told = await (await monitoring.GetAsync($"/v1/incidents/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            await Eventually.IsTrueAsync(async () => await StateInAsync(database, id) == "reviewed", TimeSpan.FromSeconds(20), "the incident is stored");
        }

        await using MonitoringApplication second = await MonitoringApplication.StartAsync(database, secondSpool.Path);
        string read = await (await second.GetAsync($"/v1/incidents/{id}")).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        IncidentView noted = await second.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/notes", new { text = "Found in the archive" });

        Assert.Equal(told, read);
        Assert.Contains(noted.Timeline, t => t.Text == "Found in the archive");
    }

    [Fact]
    public async Task An_incident_is_opened_by_hand_and_only_once()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path);
        using HttpResponseMessage created = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents", new { title = "Customers call", severity = "error", services = new[] { "notes" } });
        IncidentView incident = (await created.Content.ReadFromJsonAsync<IncidentView>(TestContext.Current.CancellationToken))!;

        using HttpResponseMessage again = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents", new { title = "Customers call again" });
        await monitoring.TellAsync(Alert("Down", 1));
        IncidentView withAlert = Assert.Single((await monitoring.ListAsync()).Items);
        IncidentView resolved = await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{incident.Id}/resolve", new { text = "It was the cable" }, "grace");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal($"/v1/incidents/{incident.Id}", created.Headers.Location!.ToString());
        Assert.Equal(("open", "error", "ada"), (incident.State, incident.Severity, incident.OpenedBy));
        await again.IsProblemAsync(HttpStatusCode.Conflict, "incident-already-open");
        Assert.Single(withAlert.Alerts);
        Assert.Equal(("resolved", "grace"), (resolved.State, resolved.ResolvedBy));
    }

    [Fact]
    public async Task A_deploy_and_a_revealed_fault_stand_in_the_time_line_and_the_fault_begins_the_clock()
    {
        using var spool = new SpoolFolder();
        await using MonitoringApplication monitoring = await MonitoringApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring"), spool.Path);
        using HttpResponseMessage deploy = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "deploy", text = "1.4.2", service = "notes", at = At(0) });
        await monitoring.TellAsync(Alert("Down", 10, 30));

        using HttpResponseMessage fault = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "fault.injected", text = "postgres killed", at = At(6) }, "lab");

        IncidentView incident = Assert.Single((await monitoring.ListAsync()).Items);
        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (deploy.StatusCode, fault.StatusCode));
        Assert.Equal(["notes: 1.4.2", "postgres killed"], incident.Timeline.Where(t => t.Kind is "deploy" or "fault.injected").Select(t => t.Text));
        Assert.Equal((At(6), "fault", 24), (incident.Measures.StartedAt, incident.Measures.StartedAtSource, incident.Measures.MttrSeconds!.Value));
    }

    [Fact]
    public async Task The_postmortem_is_Markdown()
    {
        await fixture.Monitoring.TellAsync(Alert("Pm", 0, 5, group: "postmortem"));
        Guid id = (await fixture.Monitoring.ListAsync("?limit=100")).Items.Single(i => i.Title == "Pm summary").Id;

        using HttpResponseMessage response = await fixture.Monitoring.GetAsync($"/v1/incidents/{id}/postmortem");

        Assert.Equal("text/markdown", response.Content.Headers.ContentType?.MediaType);
        Assert.StartsWith("# Postmortem: Pm summary\n", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_cannot_be_taken_is_a_conflict_that_says_why()
    {
        await fixture.Monitoring.TellAsync(Alert("Conflict", 0, group: "conflict"));
        Guid id = (await fixture.Monitoring.ListAsync("?limit=100")).Items.Single(i => i.Title == "Conflict summary").Id;
        await fixture.Monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { });

        using HttpResponseMessage twice = await fixture.Monitoring.SendAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { });
        using HttpResponseMessage early = await fixture.Monitoring.SendAsync(HttpMethod.Post, $"/v1/incidents/{id}/review", new { });
        using HttpResponseMessage before = await fixture.Monitoring.SendAsync(HttpMethod.Post, $"/v1/incidents/{id}/mitigate", new { at = At(-60) });

        await twice.IsProblemAsync(HttpStatusCode.Conflict, "incident-state-conflict");
        await early.IsProblemAsync(HttpStatusCode.Conflict, "incident-state-conflict");
        await before.IsProblemAsync(HttpStatusCode.Conflict, "incident-state-conflict");
    }

    [Theory]
    [InlineData("POST", "", "{}")]
    [InlineData("POST", "", "{\"title\":\"\"}")]
    [InlineData("POST", "", "{\"title\":\"x\",\"severity\":\"bad\"}")]
    [InlineData("POST", "", "{\"title\":\"two\\nlines\"}")]
    [InlineData("POST", "", "{\"title\":\"x\",\"at\":\"2999-01-01T00:00:00Z\"}")]
    [InlineData("POST", "", "{\"title\":\"x\",\"at\":\"yesterday\"}")]
    [InlineData("POST", "", "{\"title\":\"x\",\"services\":[null]}")]
    [InlineData("POST", "/events", "{\"kind\":\"party\",\"text\":\"x\"}")]
    [InlineData("POST", "/events", "{\"kind\":\"deploy\"}")]
    [InlineData("POST", "/{id}/notes", "{}")]
    [InlineData("POST", "/{id}/notes", "{\"text\":\"zero \\u0000\"}")]
    [InlineData("POST", "/{id}/notes", "{")]
    [InlineData("POST", "/{id}/acknowledge", "{\"at\":\"2999-01-01T00:00:00Z\"}")]
    [InlineData("POST", "/{id}/actions", "{\"title\":\"x\",\"type\":\"wish\",\"owner\":\"ada\"}")]
    [InlineData("POST", "/{id}/actions", "{\"title\":\"x\",\"type\":\"prevent\"}")]
    [InlineData("PATCH", "/{id}", "{\"severity\":\"0\"}")]
    public async Task What_means_nothing_is_refused(string method, string path, string body)
    {
        Guid id = (await fixture.Monitoring.ListAsync()).Items.Select(i => i.Id).FirstOrDefault();
        if (id == Guid.Empty)
        {
            await fixture.Monitoring.TellAsync(Alert("Some", 0, group: "some"));
            id = (await fixture.Monitoring.ListAsync()).Items[0].Id;
        }

        using HttpClient client = fixture.Monitoring.AsUser("ada");
        using var request = new HttpRequestMessage(new HttpMethod(method), "/v1/incidents" + path.Replace("{id}", id.ToString(), StringComparison.Ordinal))
        {
            Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
        };
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "bad-request");
    }

    [Theory]
    [InlineData("POST", "/v1/incidents")]
    [InlineData("POST", "/v1/incidents/events")]
    [InlineData("POST", "/v1/incidents/01890a5d-ac96-774b-bcce-b302099a8057/acknowledge")]
    [InlineData("PATCH", "/v1/incidents/01890a5d-ac96-774b-bcce-b302099a8057")]
    [InlineData("GET", "/v1/incidents/01890a5d-ac96-774b-bcce-b302099a8057/postmortem")]
    [InlineData("GET", "/v1/alerts")]
    public async Task Who_is_not_signed_in_does_nothing(string method, string path)
    {
        using HttpClient client = fixture.Monitoring.Anonymous();
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : JsonContent.Create(new { title = "x" }) };
        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found()
    {
        using HttpResponseMessage step = await fixture.Monitoring.SendAsync(HttpMethod.Post, $"/v1/incidents/{Guid.NewGuid()}/acknowledge", new { });
        using HttpResponseMessage postmortem = await fixture.Monitoring.GetAsync($"/v1/incidents/{Guid.NewGuid()}/postmortem");
        await fixture.Monitoring.TellAsync(Alert("NoAction", 0, group: "noaction"));
        Guid id = (await fixture.Monitoring.ListAsync("?limit=100")).Items.Single(i => i.Title == "NoAction summary").Id;
        using HttpResponseMessage action = await fixture.Monitoring.SendAsync(HttpMethod.Patch, $"/v1/incidents/{id}/actions/1", new { done = true });

        await step.IsProblemAsync(HttpStatusCode.NotFound, "incident-not-found");
        await postmortem.IsProblemAsync(HttpStatusCode.NotFound, "incident-not-found");
        await action.IsProblemAsync(HttpStatusCode.NotFound, "action-not-found");
    }

    private static async Task<string?> StateInAsync(string database, Guid id)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("SELECT state FROM monitoring.incidents WHERE id = $1", connection) { Parameters = { new() { Value = id } } };
        return (string?)await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private static Alert AlertOfItsOwnGroup(int number) => new()
    {
        Fingerprint = $"f{number}",
        Name = "Down",
        Severity = Severity.Warning,
        StartsAt = At(0),
        Labels = new Dictionary<string, string> { ["incident_group"] = $"g{number}" },
    };

    private static IncidentDesk DeskIn(SpoolFolder spool) => new(
        Options.Create(new MonitoringOptions { SpoolDirectory = spool.Path, WebhookToken = MonitoringApplication.WebhookToken }),
        new ChannelList([]),
        new SteadyClock(TimeProvider.System),
        new ActRecorder(new EventTarget(HasBroker: false), TimeProvider.System),
        NullLogger<IncidentDesk>.Instance,
        NullLogger<AlertSpool>.Instance);
}

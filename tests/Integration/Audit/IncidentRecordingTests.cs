using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.IntegrationTests.Monitoring;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Monitoring.Incidents;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>What monitoring tells the trail of people's acts, which it has on its own disk before PostgreSQL knows.</summary>
[Collection(FailureDrills.Name)]
public sealed class IncidentRecordingTests(SharedServers servers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> BrokerAway = new() { ["ConnectionStrings:RabbitMQ"] = NotesApplication.NoRabbitMq };

    [Fact]
    public async Task Every_act_is_recorded_with_who_did_it_and_none_that_was_refused_or_changed_nothing()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);

        Guid id = await OpenAsync(monitoring);
        string incident = $"/v1/incidents/{id}";
        await monitoring.WorkAsync(HttpMethod.Patch, incident, new { title = "secret words, edited" });
        await monitoring.WorkAsync(HttpMethod.Patch, incident, new { title = "secret words, edited" });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/acknowledge", new { text = "secret words" });
        using var twice = await monitoring.SendAsync(HttpMethod.Post, $"{incident}/acknowledge", new { });
        using var missing = await monitoring.SendAsync(HttpMethod.Post, $"/v1/incidents/{Guid.NewGuid()}/acknowledge", new { });
        using var malformed = await monitoring.SendAsync(HttpMethod.Post, $"{incident}/notes", new { text = "" });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/notes", new { text = "secret words" });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/mitigate", new { });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/actions", new { title = "secret words", type = "detect", owner = "secret words" });
        await monitoring.WorkAsync(HttpMethod.Patch, $"{incident}/actions/1", new { done = true });
        using var told = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "deploy", text = "secret words" });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/resolve", new { });
        await monitoring.WorkAsync(HttpMethod.Post, $"{incident}/review", new { });

        Assert.Equal(
            (HttpStatusCode.Conflict, HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.Accepted),
            (twice.StatusCode, missing.StatusCode, malformed.StatusCode, told.StatusCode));
        await WrittenAsync(monitoring);
        var records = await OutboxRecords.ReadAsync(database);
        Assert.Equal(
            [
                "incident.acknowledged", "incident.action-added", "incident.action-changed", "incident.edited", "incident.mitigated", "incident.noted", "incident.opened",
                "incident.resolved", "incident.reviewed", "platform.event-told",
            ],
            records.Select(r => r.Record.Action).Order(StringComparer.Ordinal));
        Assert.All(records, r =>
        {
            Assert.Equal(("/services/monitoring", new AuditActor("ada", "back2code", "127.0.0.1"), AuditOutcome.Succeeded), (r.Source, r.Record.Actor, r.Record.Outcome));
            Assert.Equal(r.Record.Action == "platform.event-told" ? "events/deploy" : $"incidents/{id}", r.Record.Target);
            Assert.Matches("^[0-9a-f]{32}$", r.Record.TraceId);
        });
        Assert.Equal(records.Count, records.Select(r => r.Record.TraceId).Distinct().Count());
        Assert.DoesNotContain("secret words", JsonSerializer.Serialize(records.Select(r => r.Record)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alerts_and_what_the_service_does_by_itself_are_nobodys_acts()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);

        await monitoring.TellAsync(Notification.Alert("Down", 0));
        await monitoring.TellAsync(Notification.Alert("Down", 0, 5));

        await WrittenAsync(monitoring);
        Assert.Empty(await OutboxRecords.ReadAsync(database));
    }

    [Fact]
    public async Task Denials_are_recorded_with_who_was_denied()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);
        using var viewer = monitoring.AsUser("vera", Roles.Viewer);

        using var denied = await viewer.PostAsJsonAsync("/v1/incidents", new { title = "Down" }, TestContext.Current.CancellationToken);
        using var forged = await monitoring.NotifyAsync(Notification.Of(), "a token of nobody's");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized), (denied.StatusCode, forged.StatusCode));
        var records = await OutboxRecords.WaitAsync(database, 2);
        Assert.Equal(
            [("POST /v1/alerts/webhook", (string?)null), ("POST /v1/incidents/", "vera")],
            records.Select(r => (r.Record.Target, r.Record.Actor.Subject)).Order());
        Assert.All(records, r => Assert.Equal(("/services/monitoring", "auth.denied", AuditOutcome.Denied), (r.Source, r.Record.Action, r.Record.Outcome)));
    }

    [Fact]
    public async Task However_often_the_spool_is_replayed_there_is_no_second_record()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        await using (var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway))
        {
            Guid id = await OpenAsync(monitoring);
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { });
            using var told = await monitoring.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "deploy", text = "1.4.2" });
            await WrittenAsync(monitoring);
        }

        Assert.Equal(3, (await OutboxRecords.ReadAsync(database)).Count);
        await AuditDatabase.ExecuteAsync(database, "DELETE FROM outbox");
        for (int start = 0; start < 3; start++)
        {
            // Published long ago; and a loss of power took what the spool says about that, because it is not synced.
            Assert.NotEqual(0, ForgetMarks(spool));
            await using var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);
            await WrittenAsync(monitoring);

            Assert.Empty(await OutboxRecords.ReadAsync(database));
            Assert.Equal(3L, await CountAsync(database, "SELECT count(*) FROM audited_acts"));
        }

        await using var last = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);
        await WrittenAsync(last);
        await Eventually.IsTrueAsync(async () => await CountAsync(database, "SELECT count(*) FROM audited_acts") == 0, Patience, "what will not come again is forgotten");
        Assert.Empty(await OutboxRecords.ReadAsync(database));
    }

    [Fact]
    public async Task Acts_while_PostgreSQL_was_away_are_recorded_with_their_true_time_and_what_it_refuses_is_not()
    {
        await using var postgres = await PostgresServer.StartAsync();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        using var spool = new SpoolFolder();
        Guid id;
        DateTimeOffset before;
        await using (var monitoring = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway))
        {
            await postgres.KillAsync();
            id = await OpenAsync(monitoring);
            await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { });
            before = TimeProvider.System.GetUtcNow();
        }

        await postgres.RestartAsync();
        await AuditDatabase.ExecuteAsync(database, "ALTER TABLE incidents ADD CONSTRAINT refused CHECK (id IS NULL) NOT VALID");
        await using var next = await MonitoringApplication.StartAsync(database, spool.Path, BrokerAway);
        using var told = await next.SendAsync(HttpMethod.Post, "/v1/incidents/events", new { kind = "change", text = "1.4.2" }, "grace");
        var (_, only) = Assert.Single(await OutboxRecords.WaitAsync(database, 1));
        await AuditDatabase.ExecuteAsync(database, "ALTER TABLE incidents DROP CONSTRAINT refused");
        await WrittenAsync(next);

        Assert.Equal(("platform.event-told", "grace"), (only.Action, only.Actor.Subject));
        var records = await OutboxRecords.ReadAsync(database);
        Assert.Equal(["platform.event-told", "incident.opened", "incident.acknowledged"], records.Select(r => r.Record.Action));
        Assert.All(records.Skip(1), r => Assert.Equal(("ada", true), (r.Record.Actor.Subject, r.Record.Time <= before)));
        Assert.Equal(1L, await CountAsync(database, $"SELECT count(*) FROM incidents WHERE id = '{id}' AND state = 'acknowledged'"));
    }

    [Fact]
    public async Task What_people_do_to_incidents_and_notifications_reaches_the_trail_and_a_broker_that_is_down_only_delays_it()
    {
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        var postgres = await servers.PostgresAsync();
        string inbox = await postgres.CreateDatabaseAsync("notifications");
        using var spool = new SpoolFolder();
        string database = await postgres.CreateDatabaseAsync("monitoring");
        await using var monitoring = await MonitoringApplication.StartAsync(
            database, spool.Path, new Dictionary<string, string> { ["ConnectionStrings:RabbitMQ"] = rabbitMq.ConnectionString });
        await using var notifications = await NotificationsApplication.StartAsync(inbox, rabbitMq.ConnectionString);

        // Nobody listens yet, and then the broker is gone.
        Guid id = await OpenAsync(monitoring);
        await Eventually.IsTrueAsync(
            async () => await CountAsync(database, "SELECT count(*) FROM outbox WHERE type = 'audit.recorded' AND attempts > 0") == 1, Patience, "the record was offered in vain");
        await rabbitMq.KillAsync();
        await monitoring.WorkAsync(HttpMethod.Post, $"/v1/incidents/{id}/acknowledge", new { }, "grace");
        var notification = Guid.CreateVersion7();
        await AuditDatabase.ExecuteAsync(
            inbox, $"INSERT INTO notifications (id, user_id, type, note_id, version, created_at) VALUES ('{notification}', 'ada', 'note.created', '{Guid.CreateVersion7()}', 1, now())");
        using var ada = notifications.AsUser("ada");
        using var read = await ada.MarkReadAsync(notification);
        await rabbitMq.RestartAsync();
        await using var identity = await IdentityWithAudit.StartAsync(await AuditDatabase.CreateAsync(postgres), rabbitMq.ConnectionString);

        await Eventually.IsTrueAsync(async () => (await identity.ListAsync()).Items.Count >= 3, TimeSpan.FromSeconds(60), "three records are in the trail");
        Assert.Equal(
            [
                ("/services/monitoring", "incident.acknowledged", $"incidents/{id}", "grace"),
                ("/services/monitoring", "incident.opened", $"incidents/{id}", "ada"),
                ("/services/notifications", "notification.read", $"notifications/{notification}", "ada"),
            ],
            (await identity.ListAsync()).Items.Select(r => (r.Source, r.Action, r.Target, r.Actor.Subject!)).Order());
        Assert.True((await identity.VerifyAsync()).Intact);
    }

    private static async Task<Guid> OpenAsync(MonitoringApplication monitoring) =>
        (await monitoring.WorkAsync(HttpMethod.Post, "/v1/incidents", new { title = "secret words" })).Id;

    private static async Task WrittenAsync(MonitoringApplication monitoring)
    {
        IncidentBook book = monitoring.Services.GetRequiredService<IncidentDesk>().Book;
        await Eventually.IsTrueAsync(() => book.WaitingActs == 0 && book.Unstored.Count == 0, Patience, "PostgreSQL has everything");
    }

    /// <summary>Removes from the spool what it says about acts that the outbox has.</summary>
    /// <returns>How many lines.</returns>
    private static int ForgetMarks(SpoolFolder spool)
    {
        string newest = Directory.EnumerateFiles(spool.Path, "alerts-*.jsonl").Order(StringComparer.Ordinal).Last();
        string[] lines = File.ReadAllLines(newest);
        string[] kept = [.. lines.Where(line => !line.Contains("\"recorded\":", StringComparison.Ordinal))];
        File.WriteAllLines(newest, kept);
        return lines.Length - kept.Length;
    }

    private static async Task<long> CountAsync(string database, string sql)
    {
        await using NpgsqlConnection connection = new(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}

using System.Net;
using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Audit;

/// <summary>What the notifications service leaves in its outbox for the trail. The broker is away all the time.</summary>
public sealed class NotificationRecordingTests(SharedServers servers)
{
    [Fact]
    public async Task The_first_reading_is_recorded_and_no_other()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notifications");
        await using var notifications = await NotificationsApplication.StartAsync(database, NotesApplication.NoRabbitMq);
        Guid id = await ReceiveAsync(database, "ada");
        using var ada = notifications.AsUser("ada");
        using var eve = notifications.AsUser("eve");

        using var others = await eve.MarkReadAsync(id);
        HttpResponseMessage[] read = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ada.MarkReadAsync(id)));
        using var again = await ada.MarkReadAsync(id);

        Assert.Equal(HttpStatusCode.NotFound, others.StatusCode);
        Assert.All([.. read, again], response => Assert.Equal(HttpStatusCode.NoContent, response.StatusCode));
        var (source, record) = Assert.Single(await OutboxRecords.ReadAsync(database));
        Assert.Equal(("/services/notifications", "notification.read", $"notifications/{id}", AuditOutcome.Succeeded), (source, record.Action, record.Target, record.Outcome));
        Assert.Equal(new AuditActor("ada", "back2code", "127.0.0.1"), record.Actor);
        Assert.Matches("^[0-9a-f]{32}$", record.TraceId);
    }

    [Fact]
    public async Task A_reading_that_rolls_back_leaves_no_record()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notifications");
        await using var notifications = await NotificationsApplication.StartAsync(database, NotesApplication.NoRabbitMq);
        Guid id = await ReceiveAsync(database, "ada");
        await AuditDatabase.ExecuteAsync(database, """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not this one''; END';
            CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON notifications DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        using var ada = notifications.AsUser("ada");

        using var refused = await ada.MarkReadAsync(id);

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Empty(await OutboxRecords.ReadAsync(database));
    }

    [Fact]
    public async Task Denials_are_recorded_with_who_was_denied()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notifications");
        await using var notifications = await NotificationsApplication.StartAsync(database, NotesApplication.NoRabbitMq);
        using var viewer = notifications.AsUser("vera", Roles.Viewer);

        using var denied = await viewer.MarkReadAsync(Guid.NewGuid());

        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
        var (source, record) = Assert.Single(await OutboxRecords.WaitAsync(database, 1));
        Assert.Equal(
            ("/services/notifications", "auth.denied", "POST /v1/notifications/{id:guid}/read", AuditOutcome.Denied, "vera"),
            (source, record.Action, record.Target, record.Outcome, record.Actor.Subject));
    }

    private static async Task<Guid> ReceiveAsync(string database, string user)
    {
        var id = Guid.CreateVersion7();
        await AuditDatabase.ExecuteAsync(
            database, $"INSERT INTO notifications (id, user_id, type, note_id, version, created_at) VALUES ('{id}', '{user}', 'note.created', '{Guid.CreateVersion7()}', 1, now())");
        return id;
    }
}

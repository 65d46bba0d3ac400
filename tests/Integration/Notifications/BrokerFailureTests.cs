using System.Net;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Notifications;

[Collection(FailureDrills.Name)]
public sealed class BrokerFailureTests(SharedServers servers)
{
    [Fact]
    public async Task Writes_go_on_without_RabbitMQ_and_their_events_arrive_once_after_its_return()
    {
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        var postgres = await servers.PostgresAsync();
        await using var notifications = await NotificationsApplication.StartAsync(await postgres.CreateDatabaseAsync("notifications"), rabbitMq.ConnectionString);
        await using var notes = await NotesApplication.StartAsync(await postgres.CreateDatabaseAsync("notes"), await servers.RedisAsync(), rabbitMq.ConnectionString);
        using var writer = notes.AsUser("ada");

        // RabbitMQ 3.10 writes the name of a new quorum queue to disk some time later; killed before that, it brings the queue back
        // unable to confirm anything, for ever. No service can help that, so the queue gets its time.
        var settled = Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken);
        using var inbox = notifications.AsUser("ada");
        var expected = new List<(Guid, string, long)>();

        await WriteAsync(writer, count: 20, expected);
        await WaitForInboxAsync(inbox, expected.Count);
        await settled;
        await rabbitMq.KillAsync();
        await WriteAsync(writer, count: 20, expected);
        Assert.Equal(40, (await inbox.InboxAsync()).Items.Count);
        await rabbitMq.RestartAsync();
        await WriteAsync(writer, count: 5, expected);

        await WaitForInboxAsync(inbox, expected.Count);
        var arrived = (await inbox.InboxAsync()).Items.Select(item => (item.NoteId, item.Type, item.Version));
        Assert.Equal(expected.Order(), arrived.Order());
    }

    [Fact]
    public async Task Events_wait_while_the_inboxs_PostgreSQL_is_away_and_use_up_no_attempt()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var rabbitMq = await RabbitMqServer.StartAsync();
        await using var notifications = await NotificationsApplication.StartAsync(await postgres.CreateDatabaseAsync("notifications"), rabbitMq.ConnectionString);
        await using var publisher = await EventPublisher.ConnectAsync(rabbitMq);
        using var inbox = notifications.AsUser("ada");
        var note = Guid.CreateVersion7();
        await publisher.PublishNoteEventAsync("before", "note.created", note, "ada", 1);
        await WaitForInboxAsync(inbox, count: 1);
        await postgres.KillAsync();

        for (int version = 2; version <= 30; version++)
        {
            await publisher.PublishNoteEventAsync($"during-{version}", "note.replaced", note, "ada", version);
        }

        using var refused = await inbox.GetAsync("/v1/notifications", TestContext.Current.CancellationToken);
        await refused.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
        await postgres.RestartAsync();

        await WaitForInboxAsync(inbox, count: 30);
        Assert.Equal(Enumerable.Range(1, 30).Select(version => (long)version), (await inbox.InboxAsync()).Items.Select(item => item.Version).Order());
        Assert.Null(await publisher.TakeAsync("notifications.notes.dead"));
    }

    /// <summary>Creates and replaces notes; every request must succeed.</summary>
    private static async Task WriteAsync(HttpClient writer, int count, List<(Guid, string, long)> expected)
    {
        for (int n = 0; n < count; n++)
        {
            var note = await writer.CreateNoteAsync($"note {n}");
            expected.Add((note.Id, "note.created", 1));
            using var replaced = await writer.ReplaceNoteAsync(note.Id, $"note {n}, again", "", 1);
            Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
            expected.Add((note.Id, "note.replaced", 2));
        }
    }

    private static Task<TimeSpan> WaitForInboxAsync(HttpClient inbox, int count) =>
        Eventually.IsTrueAsync(
            async () =>
            {
                using var response = await inbox.GetAsync("/v1/notifications?limit=1", TestContext.Current.CancellationToken);
                return response.IsSuccessStatusCode && (await inbox.InboxAsync()).Items.Count >= count;
            },
            TimeSpan.FromSeconds(30),
            $"{count} notifications are in the inbox");
}

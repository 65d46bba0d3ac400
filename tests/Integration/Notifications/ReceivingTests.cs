using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Notifications;

[Collection(SharedInbox.Name)]
public sealed class ReceivingTests(NotificationsFixture services)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    [Fact]
    public async Task Each_change_of_a_note_reaches_its_owners_inbox_once()
    {
        using var notes = services.Notes.AsUser(_user);
        using var inbox = services.Notifications.AsUser(_user);

        var note = await notes.CreateNoteAsync("one");
        (await notes.ReplaceNoteAsync(note.Id, "two", "", 1)).EnsureSuccessStatusCode();
        (await notes.DeleteNoteAsync(note.Id)).EnsureSuccessStatusCode();

        await WaitForAsync(inbox, count: 3);
        Assert.Equal(
            [("note.created", 1), ("note.replaced", 2), ("note.deleted", 3)],
            (await inbox.InboxAsync()).Items.OrderBy(item => item.Version).Select(item => (item.Type, item.Version)));
        Assert.All((await inbox.InboxAsync()).Items, item => Assert.Equal((note.Id, null), (item.NoteId, item.ReadAt)));
    }

    [Fact]
    public async Task The_same_event_twice_is_one_notification()
    {
        await using var publisher = await EventPublisher.ConnectAsync(await services.RabbitMqAsync());
        using var inbox = services.Notifications.AsUser(_user);
        var note = Guid.CreateVersion7();

        await publisher.PublishNoteEventAsync("same-" + note, "note.created", note, _user, 1);
        await publisher.PublishNoteEventAsync("same-" + note, "note.created", note, _user, 1);
        await publisher.PublishNoteEventAsync("last-" + note, "note.replaced", note, _user, 2);

        await WaitForAsync(inbox, count: 2);
        Assert.Equal(["note.created", "note.replaced"], (await inbox.InboxAsync()).Items.Select(item => item.Type).Order());
    }

    [Fact]
    public async Task One_change_under_two_event_ids_is_one_notification()
    {
        await using var publisher = await EventPublisher.ConnectAsync(await services.RabbitMqAsync());
        using var inbox = services.Notifications.AsUser(_user);
        var note = Guid.CreateVersion7();

        await publisher.PublishNoteEventAsync("a-" + note, "note.created", note, _user, 1);
        await publisher.PublishNoteEventAsync("b-" + note, "note.created", note, _user, 1);
        await publisher.PublishNoteEventAsync("c-" + note, "note.replaced", note, _user, 2);

        await WaitForAsync(inbox, count: 2);
        Assert.Equal(["note.created", "note.replaced"], (await inbox.InboxAsync()).Items.Select(item => item.Type).Order());
    }

    [Theory]
    [InlineData("this is not JSON")]
    [InlineData("""{"specversion":"1.0","id":"poison","source":"/services/notes","type":"note.created","subject":"x","time":"2026-11-20T12:00:00Z","data":{"noteId":"seven"}}""")]
    public async Task Poison_is_parked_with_its_reason_and_the_queue_moves_on(string poison)
    {
        await using var publisher = await EventPublisher.ConnectAsync(await services.RabbitMqAsync());
        using var inbox = services.Notifications.AsUser(_user);
        var note = Guid.CreateVersion7();

        await publisher.PublishAsync("note.created", poison.Replace("\"poison\"", $"\"poison-{note}\"", StringComparison.Ordinal));
        await publisher.PublishNoteEventAsync("good-" + note, "note.created", note, _user, 1);

        await WaitForAsync(inbox, count: 1);
        (string Body, string? Reason)? parked = null;
        await Eventually.IsTrueAsync(
            async () => (parked = await publisher.TakeAsync("notifications.notes.dead")) is not null, Bound, "the poison is in the dead letters");
        Assert.NotEmpty(parked!.Value.Reason!);
    }

    [Fact]
    public async Task A_type_that_nobody_announced_is_passed_over()
    {
        await using var publisher = await EventPublisher.ConnectAsync(await services.RabbitMqAsync());
        using var inbox = services.Notifications.AsUser(_user);
        var note = Guid.CreateVersion7();

        await publisher.PublishNoteEventAsync("new-" + note, "note.shared", note, _user, 1);
        await publisher.PublishNoteEventAsync("old-" + note, "note.created", note, _user, 1);

        await WaitForAsync(inbox, count: 1);
        Assert.Equal("note.created", Assert.Single((await inbox.InboxAsync()).Items).Type);
        Assert.Null(await publisher.TakeAsync("notifications.notes.dead"));
    }

    private static Task<TimeSpan> WaitForAsync(HttpClient inbox, int count) =>
        Eventually.IsTrueAsync(async () => (await inbox.InboxAsync()).Items.Count >= count, Bound, $"{count} notifications arrive");
}

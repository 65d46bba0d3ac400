using System.Net;
using Back2Code.IntegrationTests.Services;
using Back2Code.Notifications;
using Npgsql;

namespace Back2Code.IntegrationTests.Notifications;

[Collection(SharedInbox.Name)]
public sealed class InboxTests(NotificationsFixture services)
{
    private readonly string _user = $"ada-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Following_the_cursors_gives_every_notification_once_newest_first()
    {
        await ReceiveAsync(_user, count: 7);
        using var client = services.Notifications.AsUser(_user);

        var listed = new List<NotificationView>();
        string query = "?limit=3";
        while (query.Length > 0)
        {
            var page = await client.InboxAsync(query);
            listed.AddRange(page.Items);
            query = page.Next is null ? "" : $"?limit=3&cursor={page.Next}";
        }

        Assert.Equal([7, 6, 5, 4, 3, 2, 1], listed.Select(item => item.Version));
    }

    [Fact]
    public async Task The_next_page_is_linked()
    {
        await ReceiveAsync(_user, count: 2);
        using var client = services.Notifications.AsUser(_user);
        var page = await client.InboxAsync("?limit=1");

        using var response = await client.GetAsync("/v1/notifications?limit=1", Cancellation);

        Assert.Equal($"</v1/notifications?limit=1&cursor={page.Next}>; rel=\"next\"", response.Headers.GetValues("Link").Single());
    }

    [Fact]
    public async Task Reading_is_recorded_once()
    {
        await ReceiveAsync(_user, count: 1);
        using var client = services.Notifications.AsUser(_user);
        var item = Assert.Single((await client.InboxAsync()).Items);

        using var first = await client.MarkReadAsync(item.Id);
        var readAt = Assert.Single((await client.InboxAsync()).Items).ReadAt;
        using var second = await client.MarkReadAsync(item.Id);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (first.StatusCode, second.StatusCode));
        Assert.NotNull(readAt);
        Assert.Equal(readAt, Assert.Single((await client.InboxAsync()).Items).ReadAt);
    }

    [Fact]
    public async Task Another_users_inbox_is_not_there()
    {
        await ReceiveAsync(_user, count: 1);
        using var ada = services.Notifications.AsUser(_user);
        using var eve = services.Notifications.AsUser(_user + "-eve");
        var item = Assert.Single((await ada.InboxAsync()).Items);

        using var response = await eve.MarkReadAsync(item.Id);

        await response.IsProblemAsync(HttpStatusCode.NotFound, "notification-not-found");
        Assert.Empty((await eve.InboxAsync()).Items);
        Assert.Null(Assert.Single((await ada.InboxAsync()).Items).ReadAt);
    }

    [Theory]
    [InlineData("limit=0", "validation-failed")]
    [InlineData("limit=501", "validation-failed")]
    [InlineData("limit=many", "bad-request")]
    [InlineData("cursor=nonsense", "cursor-invalid")]
    public async Task A_page_that_cannot_be_is_refused(string query, string problem)
    {
        using var client = services.Notifications.AsUser(_user);

        using var response = await client.GetAsync("/v1/notifications?" + query, Cancellation);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, problem);
    }

    [Theory]
    [InlineData("GET", "/v1/notifications")]
    [InlineData("POST", "/v1/notifications/0190163d-8694-739b-aea5-966c26f8ad91/read")]
    public async Task Nobody_gets_in_without_a_token(string method, string path)
    {
        using var client = services.Notifications.Anonymous();

        using var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    /// <summary>Puts notifications of versions 1 to <paramref name="count"/> of one note into an inbox.</summary>
    private async Task ReceiveAsync(string user, int count)
    {
        await using NpgsqlConnection connection = new(services.NotificationsDatabase + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        var note = Guid.CreateVersion7();
        for (int version = 1; version <= count; version++)
        {
            await using NpgsqlCommand command = new(
                "INSERT INTO notifications (id, user_id, type, note_id, version, created_at) VALUES ($1, $2, 'note.replaced', $3, $4, now())", connection)
            {
                Parameters =
                {
                    new() { Value = Guid.CreateVersion7(DateTimeOffset.UnixEpoch.AddSeconds(version)) },
                    new() { Value = user },
                    new() { Value = note },
                    new() { Value = (long)version },
                },
            };
            await command.ExecuteNonQueryAsync(Cancellation);
        }
    }
}

using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Notifications;

/// <summary>notes and notifications on one broker, as they run together. Each test is a user of its own.</summary>
public sealed class NotificationsFixture(SharedServers servers) : IAsyncLifetime
{
    internal NotesApplication Notes { get; private set; } = null!;

    internal NotificationsApplication Notifications { get; private set; } = null!;

    public string NotificationsDatabase { get; private set; } = "";

    public Task<RabbitMqServer> RabbitMqAsync() => servers.RabbitMqAsync();

    public async ValueTask InitializeAsync()
    {
        var postgres = await servers.PostgresAsync();
        string rabbitMq = (await servers.RabbitMqAsync()).ConnectionString;
        NotificationsDatabase = await postgres.CreateDatabaseAsync("notifications");
        Notifications = await NotificationsApplication.StartAsync(NotificationsDatabase, rabbitMq);
        Notes = await NotesApplication.StartAsync(await postgres.CreateDatabaseAsync("notes"), await servers.RedisAsync(), rabbitMq);
    }

    public async ValueTask DisposeAsync()
    {
        if (Notes is not null)
        {
            await Notes.DisposeAsync();
        }

        if (Notifications is not null)
        {
            await Notifications.DisposeAsync();
        }
    }
}

/// <summary>One queue, one fixture: two notifications services on one broker would share the events between them.</summary>
[CollectionDefinition(Name)]
public sealed class SharedInbox : ICollectionFixture<NotificationsFixture>
{
    public const string Name = "Shared inbox";
}

using System.Net;
using System.Net.Http.Json;
using Back2Code.Identity.Erasing;
using Back2Code.IntegrationTests.Identity;
using Back2Code.IntegrationTests.Notes;
using Back2Code.IntegrationTests.Notifications;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.IntegrationTests.Privacy;

/// <summary>Every service that holds personal data, on a broker of their own: whoever else consumes these queues would take the answers away.</summary>
internal sealed class PrivacyPlatform : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private PrivacyPlatform(IdentityApplication identity, NotesApplication notes, NotificationsApplication notifications) =>
        (Identity, Notes, Notifications) = (identity, notes, notifications);

    public IdentityApplication Identity { get; }

    public NotesApplication Notes { get; }

    public NotificationsApplication Notifications { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<PrivacyPlatform> StartAsync(SharedServers servers, string rabbitMq, RedisServer? redis = null) =>
        await StartAsync(await servers.PostgresAsync(), redis ?? await servers.RedisAsync(), rabbitMq);

    /// <param name="log">Gets everything that the services log.</param>
    /// <param name="configureNotifications">What a test changes.</param>
    public static async Task<PrivacyPlatform> StartAsync(
        PostgresServer postgres, RedisServer redis, string rabbitMq, ILoggerProvider? log = null, Action<IServiceCollection>? configureNotifications = null)
    {
        var identity = IdentityApplication.Create(await postgres.CreateDatabaseAsync("identity"), rabbitMq, issuer: null, [new("Identity:ErasureAskedAgainAfter", "00:00:01")]);
        if (log is not null)
        {
            identity.LogTo(log);
        }

        await identity.StartAsync();
        return new(
            identity,
            await NotesApplication.StartAsync(await postgres.CreateDatabaseAsync("notes"), redis, rabbitMq, configure: builder => LogTo(builder, log)),
            await NotificationsApplication.StartAsync(await postgres.CreateDatabaseAsync("notifications"), rabbitMq, builder =>
            {
                LogTo(builder, log);
                builder.ConfigureServices(configureNotifications ?? (static _ => { }));
            }));
    }

    /// <summary>Looks into a service's database.</summary>
    public static async Task<T> ReadAsync<T>(IServiceApplication service, string sql)
    {
        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public async Task<ErasureView> EraseAsync(Guid user)
    {
        using var admin = await Identity.AsAdminAsync();
        using var response = await admin.PostAsync($"/v1/users/{user}/erasure", null, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<ErasureView>(Cancellation))!;
    }

    public async Task<ErasureView> ErasureAsync(Guid user)
    {
        using var admin = await Identity.AsAdminAsync();
        return (await admin.GetFromJsonAsync<ErasureView>($"/v1/users/{user}/erasure", Cancellation))!;
    }

    /// <summary>The record, when every service has answered.</summary>
    public Task<ErasureView> ErasedAsync(Guid user) => ErasedAsync(user, static erasure => erasure.State == ErasureView.Completed);

    public async Task<ErasureView> ErasedAsync(Guid user, Func<ErasureView, bool> isSo)
    {
        ErasureView? erasure = null;
        await Eventually.IsTrueAsync(async () => isSo(erasure = await ErasureAsync(user)), Patience, "the erasure is as expected");
        return erasure!;
    }

    /// <summary>Returns when the user was told of that many changes.</summary>
    public async Task ToldAsync(Guid user, int count)
    {
        using var inbox = Notifications.AsUser(user.ToString());
        await Eventually.IsTrueAsync(async () => (await inbox.InboxAsync()).Items.Count >= count, Patience, $"{count} notifications have arrived");
    }

    private static void LogTo(IWebHostBuilder builder, ILoggerProvider? log)
    {
        if (log is not null)
        {
            builder.ConfigureLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log).Services.Configure<LoggerFilterOptions>(
                options => options.Rules.Add(new LoggerFilterRule(log.GetType().FullName, null, LogLevel.Trace, null))));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Notes.DisposeAsync();
        await Notifications.DisposeAsync();
        await Identity.DisposeAsync();
    }
}

/// <summary>One for the tests that break nothing.</summary>
public sealed class PrivacyFixture(SharedServers servers) : IAsyncLifetime
{
    internal RabbitMqServer RabbitMq { get; private set; } = null!;

    internal PrivacyPlatform Platform { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        RabbitMq = await RabbitMqServer.StartAsync();
        Platform = await PrivacyPlatform.StartAsync(servers, RabbitMq.ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        if (Platform is not null)
        {
            await Platform.DisposeAsync();
        }

        if (RabbitMq is not null)
        {
            await RabbitMq.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class SharedPrivacy : ICollectionFixture<PrivacyFixture>
{
    public const string Name = "Shared privacy";
}

using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>One identity service for the tests that change none of its settings. Each test makes its own users and clients.</summary>
public sealed class IdentityFixture(SharedServers servers) : IAsyncLifetime
{
    internal IdentityApplication Identity { get; private set; } = null!;

    public string Database { get; private set; } = "";

    public string RabbitMq { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        RabbitMq = (await servers.RabbitMqAsync()).ConnectionString;
        Database = await (await servers.PostgresAsync()).CreateDatabaseAsync("identity");
        Identity = await IdentityApplication.StartAsync(Database, RabbitMq);
    }

    /// <summary>Another identity service on a database of its own.</summary>
    internal async Task<IdentityApplication> StartAnotherAsync(params IEnumerable<KeyValuePair<string, string>> settings) =>
        await IdentityApplication.StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("identity"), RabbitMq, issuer: null, settings);

    public async ValueTask DisposeAsync()
    {
        if (Identity is not null)
        {
            await Identity.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name)]
public sealed class SharedIdentity : ICollectionFixture<IdentityFixture>
{
    public const string Name = "Shared identity";
}

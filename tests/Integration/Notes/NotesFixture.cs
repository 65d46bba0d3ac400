using Back2Code.IntegrationTests.Servers;
using Npgsql;

namespace Back2Code.IntegrationTests.Notes;

/// <summary>One notes service for the tests that break nothing. Each test is a user of its own.</summary>
public sealed class NotesFixture(SharedServers servers) : IAsyncLifetime
{
    private string _postgres = "";

    internal NotesApplication Application { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _postgres = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");
        Application = await NotesApplication.StartAsync(_postgres, await servers.RedisAsync());
    }

    public Task<RedisServer> RedisAsync() => servers.RedisAsync();

    /// <summary>Asks the service's database behind its back.</summary>
    public async Task<T> QueryAsync<T>(string sql, params (string Name, object Value)[] parameters)
    {
        await using NpgsqlConnection connection = new(_postgres + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = new(sql, connection);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public async ValueTask DisposeAsync()
    {
        if (Application is not null)
        {
            await Application.DisposeAsync();
        }
    }
}

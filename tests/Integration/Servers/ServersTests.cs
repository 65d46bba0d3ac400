using System.Diagnostics;
using Npgsql;

namespace Back2Code.IntegrationTests.Servers;

public sealed class ServersTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_PostgreSQL_keeps_what_was_committed()
    {
        await using var server = await PostgresServer.StartAsync();
        string database = await server.CreateDatabaseAsync("notes");
        await using (var connection = await OpenAsync(database))
        {
            await ExecuteAsync(connection, "CREATE TABLE t AS SELECT 42 AS n");
        }

        await server.KillAsync();
        await server.RestartAsync();

        await using var again = await OpenAsync(database);
        Assert.Equal(42, await ExecuteAsync(again, "SELECT n FROM t"));
    }

    [Fact]
    public async Task A_frozen_Redis_is_silent_until_thawed()
    {
        await using var server = await RedisServer.StartAsync();
        server.Freeze();
        using var brief = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.SendAsync("PING", brief.Token));
        server.Thaw();

        Assert.StartsWith("+PONG", await server.SendAsync("PING", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_RabbitMQ_starts_once()
    {
        var first = await servers.RabbitMqAsync();
        var second = await servers.RabbitMqAsync();

        Assert.Same(first, second);
    }

    [Fact]
    public async Task Nothing_of_a_disposed_server_is_left()
    {
        var server = await RedisServer.StartAsync();
        int port = server.Port;

        await server.DisposeAsync();

        using var search = Process.Start(new ProcessStartInfo("pgrep", ["-f", $"redis-server 127.0.0.1:{port}"]) { RedirectStandardOutput = true })!;
        await search.WaitForExitAsync(Cancellation);
        Assert.Equal(1, search.ExitCode);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancellation);
    }
}

using System.Diagnostics;
using Back2Code.IntegrationTests.Servers;
using Npgsql;

namespace Back2Code.IntegrationTests.Notes;

/// <summary>What a replica does before it takes its first request.</summary>
public sealed class WarmUpTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_replica_is_ready_with_half_of_its_connections_open_and_nothing_changed()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");

        await using var application = await NotesApplication.StartAsync(database, await servers.RedisAsync());

        // The pool of requests bears the instance's own name; those of background work and of the probe say what they are for.
        long open = await AskAsync(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'notes-1'");
        Assert.InRange(open, 6, 12);
        Assert.Equal(0, await AskAsync(database, "SELECT (SELECT count(*) FROM notes) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM idempotency_keys)"));
    }

    [Fact]
    public async Task A_replica_whose_notes_cannot_be_asked_for_gets_ready_all_the_same_and_serves_when_they_can()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");
        await using (await NotesApplication.StartAsync(database, await servers.RedisAsync()))
        {
            // It made the tables, so that the next one has nothing to migrate.
        }

        await using var locking = new NpgsqlConnection(database + ";Pooling=false");
        await locking.OpenAsync(Cancellation);
        await using var transaction = await locking.BeginTransactionAsync(Cancellation);
        await using (var command = new NpgsqlCommand("LOCK TABLE notes IN ACCESS EXCLUSIVE MODE", locking, transaction))
        {
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        long started = Stopwatch.GetTimestamp();
        await using var application = await NotesApplication.StartAsync(database, await servers.RedisAsync());
        var took = Stopwatch.GetElapsedTime(started);
        await transaction.RollbackAsync(Cancellation);

        // It has tried for its 5 s; the first test shows that it otherwise takes far less.
        Assert.True(took > TimeSpan.FromSeconds(4), $"it was ready after {took}, so it did not wait for the warm-up");
        using var client = application.AsUser("ada");
        await Eventually.IsTrueAsync(
            async () => (await client.PostNoteAsync("first")).IsSuccessStatusCode, TimeSpan.FromSeconds(5), "requests are served");
    }

    private static async Task<long> AskAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false;Application Name=test");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}

using Back2Code.IntegrationTests.Servers;
using Npgsql;
using static Back2Code.IntegrationTests.Faults.Servers.FaultyServer;

namespace Back2Code.IntegrationTests.Faults.Servers;

/// <summary>A PostgreSQL with a role, a table and an index as the platform's.</summary>
public sealed class FaultyPostgres : IAsyncLifetime
{
    // Everything that a fault could leave changed: indexes, settings, roles with the digest of their password, privileges, triggers, functions, sessions.
    private const string Fingerprint = """
        SELECT string_agg(line, E'\n' ORDER BY line) FROM (
          SELECT pg_get_indexdef(indexrelid) AS line FROM pg_index WHERE indrelid = 'notes.notes'::regclass
          UNION ALL SELECT name || '=' || setting FROM pg_file_settings
          UNION ALL SELECT rolname || ' ' || rolcanlogin || ' ' || rolconnlimit || ' ' || coalesce(rolpassword, '') FROM pg_authid WHERE rolname NOT LIKE 'pg\_%'
          UNION ALL SELECT 'may ' || p || ': ' || has_table_privilege('notes', 'notes.notes', p) FROM unnest(ARRAY['select', 'insert', 'update', 'delete']) AS p
          UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
          UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
          UNION ALL SELECT 'session ' || application_name FROM pg_stat_activity WHERE application_name LIKE 'fault %'
          UNION ALL SELECT 'lock ' || mode FROM pg_locks WHERE relation = 'notes.notes'::regclass) AS lines
        """;

    private PostgresServer? _server;
    private FaultyServer? _platform;
    private string _database = "";

    internal FaultyServer Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _database = await _server.CreateDatabaseAsync("scratch");
        await ExecuteAsync(_database, """
            CREATE ROLE notes LOGIN PASSWORD 'test-only';
            CREATE SCHEMA notes AUTHORIZATION notes;
            SET ROLE notes;
            CREATE TABLE notes.notes (id int PRIMARY KEY, title text NOT NULL);
            CREATE INDEX notes_by_owner ON notes.notes (title, id DESC) WHERE title <> '';
            INSERT INTO notes.notes SELECT n, 'title ' || n FROM generate_series(1, 20) AS n
            """);
        _platform = new FaultyServer("postgres", _server.Port, () => _server.Pid) { PostgresConnectionString = _database, PostgresPasswords = { ["notes"] = "test-only" } };
    }

    public async Task<string> FingerprintAsync()
    {
        await using var connection = await ConnectAsync(_database);
        await using var command = new NpgsqlCommand(Fingerprint, connection);
        return (string)(await command.ExecuteScalarAsync(Cancellation))!;
    }

    public Task<NpgsqlConnection> ConnectAsNotesAsync() =>
        ConnectAsync(new NpgsqlConnectionStringBuilder(_database) { Username = "notes", Password = "test-only" }.ConnectionString);

    public async Task AsNotesAsync(string sql)
    {
        await using var connection = await ConnectAsNotesAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <returns>PostgreSQL's code for what was wrong.</returns>
    public async Task<string> ErrorAsNotesAsync(string sql) => (await Assert.ThrowsAsync<PostgresException>(() => AsNotesAsync(sql))).SqlState;

    public async ValueTask DisposeAsync()
    {
        _platform?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    private static async Task<NpgsqlConnection> ConnectAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        try
        {
            await connection.OpenAsync(Cancellation);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = await ConnectAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}

using Back2Code.Chaos.Faults;
using Back2Code.IntegrationTests.Servers;
using Npgsql;
using static Back2Code.IntegrationTests.Faults.Servers.FaultyServer;

namespace Back2Code.IntegrationTests.Faults.Servers;

/// <summary>Faults inside a real PostgreSQL: seen on the server, felt by a service's role, and gone without a trace.</summary>
public sealed class PostgresFaultTests(FaultyPostgres postgres) : IClassFixture<FaultyPostgres>
{
    private readonly FaultyServer _platform = postgres.Platform;

    public static TheoryData<string> Types => [.. FaultCatalogue.All.Where(f => f.Family == "postgres").Select(f => f.Type)];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_fault_is_seen_and_leaves_the_server_as_it_was(string type)
    {
        await using var service = await postgres.ConnectAsNotesAsync();
        var before = await postgres.FingerprintAsync();

        var fault = await _platform.InjectExampleAsync(type);
        var undone = await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.NotEqual(default, undone.UndoneAt);
        Assert.Equal(before, await postgres.FingerprintAsync());
        Assert.Empty(_platform.UndoRecords);
        Assert.Empty(await _platform.FindTracesAsync("postgres"));
    }

    [Fact]
    public async Task What_a_dead_injector_left_is_healed_and_healing_again_finds_nothing()
    {
        var before = await postgres.FingerprintAsync();
        foreach (var type in (string[])["postgres.drop-index", "postgres.read-only", "postgres.wrong-password", "postgres.connection-limit", "postgres.revoke", "postgres.slow-writes", "postgres.lock-rows"])
        {
            await _platform.InjectExampleAsync(type);
        }

        Assert.NotEmpty(await _platform.FindTracesAsync("postgres"));
        var healed = await _platform.HealAsync();

        Assert.Empty(healed.Failed);
        Assert.Equal(7, healed.Healed.Count);
        Assert.Equal(before, await postgres.FingerprintAsync());
        Assert.Empty(await _platform.FindTracesAsync("postgres"));
        Assert.Empty((await _platform.HealAsync()).Healed);
    }

    [Fact]
    public async Task A_table_without_statistics_has_them_again_when_the_fault_ends_and_keeps_its_own_setting()
    {
        const string known = "DO $$ BEGIN ASSERT (SELECT reltuples >= 0 FROM pg_class WHERE oid = 'notes.notes'::regclass) AND EXISTS (SELECT FROM pg_stats WHERE tablename = 'notes'); END $$";
        await postgres.AsNotesAsync("ALTER TABLE notes.notes SET (autovacuum_enabled = true)");
        var before = await postgres.FingerprintAsync();

        var fault = await _platform.InjectAsync("postgres.stale-statistics", ("table", "notes.notes"));
        Assert.Equal(PostgresErrorCodes.AssertFailure, await postgres.ErrorAsNotesAsync(known));
        Assert.NotEmpty(await _platform.FindTracesAsync("postgres"));
        await fault.UndoAsync(Cancellation);

        await postgres.AsNotesAsync(known);
        Assert.Equal(before, await postgres.FingerprintAsync());
        await postgres.AsNotesAsync("ALTER TABLE notes.notes RESET (autovacuum_enabled)");
    }

    [Fact]
    public async Task A_locked_table_stops_a_reader_and_a_locked_row_only_a_writer()
    {
        var rows = await _platform.InjectAsync("postgres.lock-rows", ("table", "notes.notes"));
        await postgres.AsNotesAsync("SELECT count(*) FROM notes.notes");
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, await postgres.ErrorAsNotesAsync("SET lock_timeout = '50ms'; UPDATE notes.notes SET title = 'x'"));
        await rows.UndoAsync(Cancellation);

        var table = await _platform.InjectAsync("postgres.lock-table", ("table", "notes.notes"));
        Assert.Equal(PostgresErrorCodes.LockNotAvailable, await postgres.ErrorAsNotesAsync("SET lock_timeout = '50ms'; SELECT count(*) FROM notes.notes"));
        await table.UndoAsync(Cancellation);

        await postgres.AsNotesAsync("UPDATE notes.notes SET title = 'y'");
    }

    [Theory]
    [InlineData("postgres.wrong-password", PostgresErrorCodes.InvalidPassword)]
    [InlineData("postgres.no-login", PostgresErrorCodes.InvalidAuthorizationSpecification)]
    public async Task A_role_that_cannot_log_in_loses_its_sessions_and_gets_them_back(string type, string error)
    {
        await using var open = await postgres.ConnectAsNotesAsync();

        var fault = await _platform.InjectAsync(type, ("role", "notes"));

        Assert.Equal(error, await postgres.ErrorAsNotesAsync("SELECT 1"));
        await using var command = new NpgsqlCommand("SELECT 1", open);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => command.ExecuteScalarAsync(Cancellation));
        await fault.UndoAsync(Cancellation);
        await postgres.AsNotesAsync("SELECT 1");
    }

    [Theory]
    [InlineData("postgres.read-only", "UPDATE notes.notes SET title = 'x'", PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData("postgres.revoke", "INSERT INTO notes.notes VALUES (99, 'x')", PostgresErrorCodes.InsufficientPrivilege)]
    public async Task A_write_is_refused_while_the_fault_stands(string type, string write, string error)
    {
        var fault = await _platform.InjectExampleAsync(type);

        Assert.Equal(error, await postgres.ErrorAsNotesAsync(write));
        await fault.UndoAsync(Cancellation);
        await postgres.AsNotesAsync(write);
        await postgres.AsNotesAsync("DELETE FROM notes.notes WHERE id = 99");
    }

    [Fact]
    public async Task A_privilege_that_is_missing_is_a_trace_unless_the_table_refuses_the_statement_itself()
    {
        const string Create = """
            CREATE FUNCTION notes.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'append-only'; END $$;
            CREATE TABLE notes.audit_records (id int);
            CREATE TABLE notes.audit_wishes (id int);
            CREATE TRIGGER refuse BEFORE UPDATE ON notes.audit_records FOR EACH STATEMENT EXECUTE FUNCTION notes.audit_refuse();
            REVOKE UPDATE ON notes.audit_records FROM notes;
            REVOKE UPDATE ON notes.audit_wishes FROM notes;
            """;
        await postgres.AsNotesAsync(Create);
        try
        {
            Assert.Equal(["postgres: notes may not update on its own notes.audit_wishes"], await FaultCatalogue.Find("postgres.revoke").FindTracesAsync(_platform, Cancellation));

            await postgres.AsNotesAsync("REVOKE DELETE ON notes.audit_records FROM notes");
            Assert.Equal(2, (await FaultCatalogue.Find("postgres.revoke").FindTracesAsync(_platform, Cancellation)).Count);
        }
        finally
        {
            await postgres.AsNotesAsync("DROP TABLE notes.audit_records, notes.audit_wishes; DROP FUNCTION notes.audit_refuse()");
        }
    }

    [Theory]
    [InlineData("postgres.wrong-password", "(28P01)")]
    [InlineData("postgres.no-login", "(28000)")]
    [InlineData("postgres.connection-limit", "(53300)")]
    public async Task A_roles_fault_is_seen_by_the_refusal_that_its_service_meets(string type, string code)
    {
        var fault = await _platform.InjectAsync(type, ("role", "notes"));
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed);
        Assert.Contains(code, Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_PostgreSQL_shows_in_another_unit_is_seen()
    {
        var fault = await _platform.InjectAsync("postgres.low-lock-timeout", ("timeout", "1000ms"));
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.Contains("lock_timeout = 1s", fault.Receipt.Observations[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_fault_on_what_one_has_changed_is_refused_and_the_original_comes_back()
    {
        var before = await postgres.FingerprintAsync();
        var first = await _platform.InjectAsync("postgres.wrong-password", ("role", "notes"));

        var error = await Assert.ThrowsAsync<FaultException>(() => _platform.InjectAsync("postgres.wrong-password", ("role", "notes")));

        Assert.Equal(
            "postgres.wrong-password on postgres would change the password of the role notes, which postgres.wrong-password on postgres has changed and will give back. "
            + $"End that fault first: back2code fault remove {first.Receipt.FaultId}",
            error.Message);
        Assert.Single(_platform.UndoRecords);
        var other = await _platform.InjectAsync("postgres.connection-limit", ("role", "notes"));
        await other.UndoAsync(Cancellation);
        await first.UndoAsync(Cancellation);
        Assert.Equal(before, await postgres.FingerprintAsync());
    }

    [Theory]
    [InlineData("postgres.drop-index", "index", "notes.notes_pkey", "keeps rows unique")]
    [InlineData("postgres.drop-index", "index", "notes.nothing", "has no index 'notes.nothing'")]
    [InlineData("postgres.lock-table", "table", "notes.nothing", "has no table 'notes.nothing'")]
    [InlineData("postgres.no-login", "role", "nobody", "has no role 'nobody'. There are: notes")]
    [InlineData("postgres.no-login", "role", "b2c", "'b2c' is a superuser")]
    public async Task What_cannot_be_injected_is_said_before_anything_is_touched(string type, string name, string value, string message)
    {
        var error = await Assert.ThrowsAsync<FaultException>(() => _platform.InjectAsync(type, (name, value)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Empty(_platform.UndoRecords);
    }
}

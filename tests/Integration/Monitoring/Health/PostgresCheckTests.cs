using Back2Code.IntegrationTests.Servers;
using Back2Code.Monitoring.Health;
using Back2Code.Monitoring.Health.Checks.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.IntegrationTests.Monitoring.Health;

/// <summary>What the checks see of a real PostgreSQL, asked as the role that the supervisor makes: a member of pg_monitor and nothing more.</summary>
public sealed class PostgresCheckTests(PostgresCheckTests.ObservedServer server) : IClassFixture<PostgresCheckTests.ObservedServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quiet_server_is_well_and_replication_that_nobody_asked_for_is_not_applicable()
    {
        Assert.Equal(HealthState.Ok, (await LookAsync(p => new ConnectionsCheck(p, With(new()))))[0].State);
        Assert.Equal((HealthState.Ok, "nobody waits"), Told((await LookAsync(p => new LocksCheck(p, With(new()))))[0]));
        Assert.Equal((HealthState.Ok, "none is open"), Told((await LookAsync(p => new TransactionsCheck(p, With(new()))))[0]));
        Assert.All(await LookAsync(p => new BloatCheck(p, With(new()))), f => Assert.Equal(HealthState.Ok, f.State));
        Assert.Equal(HealthState.NotApplicable, Assert.Single(await LookAsync(p => new ReplicationCheck(p, With(new())))).State);
    }

    [Fact]
    public async Task The_observer_sees_statistics_and_no_rows()
    {
        await using var command = server.Observer.CreateCommand("SELECT count(*) FROM notes.notes");

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteScalarAsync(Cancellation));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    [Fact]
    public async Task Connections_are_counted_against_those_that_services_can_have()
    {
        double before = (await LookAsync(p => new ConnectionsCheck(p, With(new()))))[0].Readings[1].Value;
        await using (await OpenAsync("one"))
        await using (await OpenAsync("another"))
        {
            var finding = (await LookAsync(p => new ConnectionsCheck(p, With(new() { ConnectionsUsedWarning = 0.01, ConnectionsUsedCritical = 0.9 }))))[0];

            // The server has 120, of which it keeps 3.
            Assert.Equal((HealthState.Warning, $"{before + 2} of 117 connections in use"), Told(finding));
        }
    }

    [Fact]
    public async Task An_old_transaction_is_told_with_its_owner()
    {
        await using var connection = await OpenAsync("forgetful");
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var command = new NpgsqlCommand("SELECT 1", connection, transaction))
        {
            await command.ExecuteScalarAsync(Cancellation);
        }

        var calm = (await LookAsync(p => new TransactionsCheck(p, With(new()))))[0];
        var strict = (await LookAsync(p => new TransactionsCheck(p, With(new() { TransactionSecondsWarning = 0.000_001, TransactionSecondsCritical = 1_000 }))))[0];

        Assert.Equal(HealthState.Ok, calm.State);
        Assert.Equal(HealthState.Warning, strict.State);
        Assert.StartsWith("the oldest, of forgetful, is ", strict.Summary, StringComparison.Ordinal);
        Assert.Equal(1, strict.Readings.Single(r => r.Name == "idleInTransaction").Value);
    }

    [Fact]
    public async Task A_transaction_without_a_name_is_somebodys_and_names_no_role()
    {
        await using var connection = await OpenAsync("");
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var command = new NpgsqlCommand("SELECT 1", connection, transaction))
        {
            await command.ExecuteScalarAsync(Cancellation);
        }

        var finding = (await LookAsync(p => new TransactionsCheck(p, With(new()))))[0];

        Assert.StartsWith("the oldest, of somebody, is ", finding.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_for_a_lock_is_seen_waiting()
    {
        await using var holder = await OpenAsync("holder");
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await ExecuteAsync("LOCK TABLE notes.notes IN ACCESS EXCLUSIVE MODE", holder);
        var waiting = ExecuteAsync("SELECT count(*) FROM notes.notes");

        var options = With(new() { LockWaitSecondsWarning = 0.000_001, LockWaitSecondsCritical = 1_000 });
        Finding? finding = null;
        await Eventually.IsTrueAsync(async () => (finding = (await LookAsync(p => new LocksCheck(p, options)))[0]).State == HealthState.Warning, TimeSpan.FromSeconds(20), "the wait is seen");
        await transaction.RollbackAsync(Cancellation);
        await waiting;

        Assert.Equal(1, finding!.Readings.Single(r => r.Name == "waiting").Value);
        Assert.StartsWith("1 wait, the longest for ", finding.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dead_rows_that_nobody_removes_are_told_with_their_table()
    {
        await ExecuteAsync("CREATE TABLE notes.worn (id int) WITH (autovacuum_enabled = false); INSERT INTO notes.worn SELECT generate_series(1, 3000); DELETE FROM notes.worn WHERE id <= 2000");
        var options = With(new() { DeadRowsMinimum = 1_000 });

        // The statistics arrive a moment after the transaction.
        Finding? finding = null;
        await Eventually.IsTrueAsync(async () => (finding = (await LookAsync(p => new BloatCheck(p, options)))[0]).State == HealthState.Warning, TimeSpan.FromSeconds(20), "the dead rows are counted");
        await ExecuteAsync("VACUUM notes.worn");
        await Eventually.IsTrueAsync(async () => (await LookAsync(p => new BloatCheck(p, options)))[0].State == HealthState.Ok, TimeSpan.FromSeconds(20), "they are gone");

        Assert.StartsWith("notes.worn: 2,000 dead rows, 66.7 %", finding!.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slot_that_nobody_reads_is_told_by_the_log_it_keeps_and_a_missing_standby_is_critical()
    {
        await ExecuteAsync("SELECT pg_create_physical_replication_slot('lost', true); INSERT INTO notes.notes SELECT n, repeat('x', 1000) FROM generate_series(10001, 12000) n");

        var findings = await LookAsync(p => new ReplicationCheck(p, With(new() { RetainedWalBytesWarning = 1 << 20, RetainedWalBytesCritical = 1 << 30, ExpectedStandbys = 1 })));
        await ExecuteAsync("SELECT pg_drop_replication_slot('lost')");

        Assert.Equal([("slot lost", HealthState.Warning), ("", HealthState.Critical)], findings.Select(f => (f.Target, f.State)));
        Assert.Contains("nobody reads it; keeps ", findings[0].Summary, StringComparison.Ordinal);
        Assert.Equal("0 of 1 standbys are connected", findings[1].Summary);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_unknown_without_a_word_about_where_it_was()
    {
        await using var nowhere = NpgsqlDataSource.Create($"Host=127.0.0.1;Port={FreePort.Next()};Username=monitoring;Password=test-only;Database=x");

        var failure = await Assert.ThrowsAsync<CheckFailedException>(() => new LocksCheck(new PostgresStatistics(nowhere), With(new())).RunAsync(Cancellation));

        Assert.Equal("PostgreSQL cannot be reached", failure.Message);
    }

    private static (HealthState State, string Summary) Told(Finding finding) => (finding.State, finding.Summary);

    private static IOptions<HealthOptions> With(HealthOptions options) => Options.Create(options);

    private Task<IReadOnlyList<Finding>> LookAsync(Func<PostgresStatistics, IPlatformCheck> check) => check(new PostgresStatistics(server.Observer)).RunAsync(Cancellation);

    /// <summary>One of its own, not from a pool: what is counted is exactly what is opened.</summary>
    private async Task<NpgsqlConnection> OpenAsync(string application)
    {
        var connection = new NpgsqlConnection($"{server.Database};Application Name={application};Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    private Task ExecuteAsync(string sql, NpgsqlConnection? connection = null) => server.ExecuteAsync(sql, connection);

    /// <summary>A server of this class alone: other tests' connections and transactions would be seen as well.</summary>
    public sealed class ObservedServer : IAsyncLifetime
    {
        private PostgresServer? _postgres;

        internal string Database { get; private set; } = "";

        internal NpgsqlDataSource Owner { get; private set; } = null!;

        internal NpgsqlDataSource Observer { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _postgres = await PostgresServer.StartAsync();
            Database = await _postgres.CreateDatabaseAsync("notes");
            Owner = NpgsqlDataSource.Create(Database);
            await ExecuteAsync("CREATE ROLE monitoring LOGIN PASSWORD 'test-only'; GRANT pg_monitor TO monitoring; CREATE TABLE notes.notes (id int PRIMARY KEY, body text) WITH (autovacuum_enabled = false)", null);
            Observer = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Database) { Username = "monitoring", Password = "test-only" });
        }

        public async ValueTask DisposeAsync()
        {
            if (_postgres is not null)
            {
                await Observer.DisposeAsync();
                await Owner.DisposeAsync();
                await _postgres.DisposeAsync();
            }
        }

        internal async Task ExecuteAsync(string sql, NpgsqlConnection? connection)
        {
            foreach (string statement in sql.Split("; "))
            {
                await using var command = connection is null ? Owner.CreateCommand(statement) : new NpgsqlCommand(statement, connection);
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
        }
    }
}

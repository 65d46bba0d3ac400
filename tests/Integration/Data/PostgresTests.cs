using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Resilience;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Back2Code.IntegrationTests.Data;

public sealed class PostgresTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_that_start_together_migrate_once()
    {
        string database = await (await servers.PostgresAsync()).CreateDatabaseAsync("notes");

        var hosts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(database)));
        await Task.WhenAll(hosts.Select(host => host.Migrated));

        Assert.Equal(2L, await ScalarAsync(hosts[0].Postgres, "SELECT count(*) FROM notes.schema_migrations"));
        Assert.True(hosts[0].Services.GetRequiredService<StartupGate>().IsComplete);
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_changed_migration_is_an_error_that_names_it()
    {
        await using var host = await StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("notes"));
        await host.Migrated;
        var migrator = host.Services.GetRequiredService<PostgresMigrator>();
        await migrator.ApplyAsync([new Migration("service", 1, "notes", "CREATE TABLE a (n int)")], Cancellation);

        var error = await Assert.ThrowsAsync<MigrationException>(() =>
            migrator.ApplyAsync([new Migration("service", 1, "notes", "CREATE TABLE a (n bigint)")], Cancellation));

        Assert.Contains("0001_notes.sql", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_nothing_behind()
    {
        await using var host = await StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("notes"));
        await host.Migrated;
        var migrator = host.Services.GetRequiredService<PostgresMigrator>();

        await Assert.ThrowsAsync<MigrationException>(() =>
            migrator.ApplyAsync([new Migration("service", 1, "half", "CREATE TABLE a (n int); CREATE TABLE b (n nonsense)")], Cancellation));

        Assert.Equal(0L, await ScalarAsync(host.Postgres, "SELECT count(*) FROM information_schema.tables WHERE table_name IN ('a', 'b')"));
    }

    [Fact]
    public async Task A_service_starts_before_its_database_and_migrates_when_that_comes()
    {
        await using var server = await PostgresServer.StartAsync();
        string database = await server.CreateDatabaseAsync("notes");
        await server.KillAsync();
        await using var host = await StartAsync(database);
        var gate = host.Services.GetRequiredService<StartupGate>();
        bool completeBefore = gate.IsComplete;

        await server.RestartAsync();
        await host.Migrated;

        Assert.False(completeBefore);
        Assert.True(gate.IsComplete);
    }

    [Fact]
    public async Task A_full_pool_does_not_stop_background_work_or_the_probe()
    {
        await using var host = await StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("notes"), options => options.MaxPoolSize = 1);
        await host.Migrated;
        await using var held = await host.Postgres.OpenConnectionAsync(Cancellation);

        var error = await Assert.ThrowsAsync<NpgsqlException>(() => ScalarAsync(host.Postgres, "SELECT 1"));

        Assert.True(DependencyFailure.IsLikely(error));
        Assert.True(await host.IsUpAsync("postgres"));
        Assert.Equal(1, await ScalarAsync(host.Services.GetRequiredKeyedService<NpgsqlDataSource>(PostgresPools.Background), "SELECT 1"));
    }

    [Fact]
    public async Task A_command_that_was_given_up_does_not_run_on_for_ever()
    {
        await using var host = await StartAsync(await (await servers.PostgresAsync()).CreateDatabaseAsync("notes"), options => options.CommandTimeout = TimeSpan.FromSeconds(1));
        await host.Migrated;
        using var budget = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ScalarAsync(host.Postgres, "SELECT pg_sleep(60)", budget.Token));

        await Eventually.IsTrueAsync(
            async () => (long)(await ScalarAsync(host.Postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()"))! == 0,
            TimeSpan.FromSeconds(5),
            "the server has ended it");
    }

    internal static Task<TestHost> StartAsync(string database, Action<PostgresOptions>? configure = null) =>
        TestHost.StartAsync(
            builder => builder.AddPostgres(options =>
            {
                options.Schema = "notes";
                configure?.Invoke(options);
            }),
            ("Postgres", database));

    internal static async Task<object?> ScalarAsync(NpgsqlDataSource dataSource, string sql, CancellationToken? cancellationToken = null)
    {
        await using var command = dataSource.CreateCommand(sql);
        return await command.ExecuteScalarAsync(cancellationToken ?? Cancellation);
    }
}

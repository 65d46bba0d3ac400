using System.Diagnostics;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Npgsql;
using static Back2Code.IntegrationTests.Data.PostgresTests;

namespace Back2Code.IntegrationTests.Data;

/// <summary>How long a command takes while PostgreSQL is down.</summary>
[Collection(FailureDrills.Name)]
public sealed class PostgresOutageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_server_fails_fast_and_the_pools_recover_within_two_seconds()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var host = await StartAsync(await server.CreateDatabaseAsync("notes"));
        await host.Migrated;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ScalarAsync(host.Postgres, "SELECT pg_sleep(0.05)")));

        await server.KillAsync();
        Assert.False(await host.IsUpAsync("postgres"));
        long start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(host.Postgres, "SELECT 1"));
        var refusal = Stopwatch.GetElapsedTime(start);
        await server.RestartAsync();
        start = Stopwatch.GetTimestamp();
        var recovery = await Eventually.IsTrueAsync(() => host.IsUpAsync("postgres"), TimeSpan.FromSeconds(2), "up again");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ScalarAsync(host.Postgres, "SELECT pg_sleep(0.05)")));

        TestContext.Current.TestOutputHelper!.WriteLine($"refused in {refusal.TotalMilliseconds:0} ms, up in {recovery.TotalMilliseconds:0} ms");
        Assert.InRange(refusal, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
    }

    [Fact]
    public async Task A_frozen_server_is_given_up_within_two_seconds()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var host = await StartAsync(await server.CreateDatabaseAsync("notes"));
        await host.Migrated;
        await ScalarAsync(host.Postgres, "SELECT 1");
        server.Freeze();

        long start = Stopwatch.GetTimestamp();
        using var budget = new CancellationTokenSource(TimeSpan.FromMilliseconds(700));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ScalarAsync(host.Postgres, "SELECT 1", budget.Token));
        var pooled = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(host.Postgres, "SELECT 1"));
        var fresh = Stopwatch.GetElapsedTime(start);
        bool up = await host.IsUpAsync("postgres");
        server.Thaw();
        await Eventually.IsTrueAsync(() => host.IsUpAsync("postgres"), TimeSpan.FromSeconds(2), "up again");

        TestContext.Current.TestOutputHelper!.WriteLine($"pooled {pooled.TotalMilliseconds:0} ms, fresh {fresh.TotalMilliseconds:0} ms");
        Assert.False(up);
        Assert.InRange(pooled, TimeSpan.FromMilliseconds(600), TimeSpan.FromMilliseconds(2800));
        Assert.InRange(fresh, TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(1900));
    }
}

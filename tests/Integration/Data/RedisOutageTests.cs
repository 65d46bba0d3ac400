using System.Diagnostics;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Back2Code.Resilience;
using static Back2Code.IntegrationTests.Data.RedisClientTests;

namespace Back2Code.IntegrationTests.Data;

/// <summary>How long a command takes while Redis is down.</summary>
[Collection(FailureDrills.Name)]
public sealed class RedisOutageTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_server_fails_commands_at_once_and_is_found_again_after_its_return()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);

        await server.KillAsync();
        await Eventually.IsTrueAsync(() => !host.Redis.IsConnected, TimeSpan.FromSeconds(1), "the loss is noticed");
        long start = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await host.Redis.PingAsync(Cancellation));
        var refusal = Stopwatch.GetElapsedTime(start);
        await server.RestartAsync();
        var recovery = await Eventually.IsTrueAsync(() => host.IsUpAsync("redis"), TimeSpan.FromSeconds(3), "connected again");

        Assert.InRange(refusal, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        TestContext.Current.TestOutputHelper!.WriteLine($"refused in {refusal.TotalMilliseconds:0.0} ms, recovered in {recovery.TotalMilliseconds:0} ms");
    }

    [Fact]
    public async Task A_frozen_server_costs_one_time_out_and_then_fails_at_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server);
        server.Freeze();

        long start = Stopwatch.GetTimestamp();
        var first = await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await host.Redis.PingAsync(Cancellation));
        var firstTook = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 100; i++)
        {
            await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await host.Redis.PingAsync(Cancellation));
        }

        var hundredTook = Stopwatch.GetElapsedTime(start);
        server.Thaw();
        await Eventually.IsTrueAsync(() => host.IsUpAsync("redis"), TimeSpan.FromSeconds(3), "connected again");

        Assert.Equal(DependencyUnavailableReason.TimedOut, first.Reason);
        Assert.InRange(firstTook, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1500));
        // A time-out for each would be 25 s.
        Assert.InRange(hundredTook, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }
}

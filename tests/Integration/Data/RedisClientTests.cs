using System.Text;
using Back2Code.Data;
using Back2Code.IntegrationTests.Servers;
using Back2Code.Resilience;

namespace Back2Code.IntegrationTests.Data;

public sealed class RedisClientTests(SharedServers servers)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_set_is_read_back()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        string key = Unique();

        await host.Redis.SetAsync(key, "grün", TimeSpan.FromMinutes(1), Cancellation);
        var value = await host.Redis.GetAsync(key, Cancellation);

        Assert.Equal("grün", Encoding.UTF8.GetString(value!.Value.Span));
        Assert.Null(await host.Redis.GetAsync(key + "x", Cancellation));
        Assert.Equal([true, false], (await host.Redis.GetManyAsync([key, key + "x"], Cancellation)).Select(v => v is not null));
        Assert.True(await host.Redis.ExpireAsync(key, TimeSpan.FromMinutes(2), Cancellation));
        Assert.Equal(1, await host.Redis.DeleteAsync([key, key + "x"], Cancellation));
    }

    [Fact]
    public async Task Replies_come_in_the_types_of_RESP3()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        string key = Unique();
        await host.Redis.ExecuteAsync(Cancellation, "HSET", key, "a", "1");

        var map = await host.Redis.ExecuteAsync(Cancellation, "HGETALL", key);
        var real = await host.Redis.EvaluateAsync(new RedisScript("redis.setresp(3) return {double = 2.5}"), [], [], Cancellation);
        var truth = await host.Redis.EvaluateAsync(new RedisScript("redis.setresp(3) return true"), [], [], Cancellation);
        var set = await host.Redis.EvaluateAsync(new RedisScript("redis.setresp(3) return {set = {a = true}}"), [], [], Cancellation);

        Assert.Equal(RedisReplyKind.Map, map.Kind);
        Assert.Equal(2.5, real.AsDouble());
        Assert.Equal(RedisReplyKind.Boolean, truth.Kind);
        Assert.Equal(RedisReplyKind.Set, set.Kind);
    }

    [Fact]
    public async Task Commands_sent_together_get_their_own_replies()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());
        string key = Unique();

        long[] numbers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(_ => host.Redis.IncrementAsync(key, Cancellation).AsTask()));

        Assert.Equal(Enumerable.Range(1, 2000).Select(n => (long)n), numbers);
    }

    [Fact]
    public async Task A_mistake_is_an_error_of_the_command_not_of_the_connection()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync());

        var error = await Assert.ThrowsAsync<RedisErrorException>(async () => await host.Redis.ExecuteAsync(Cancellation, "NOSUCHCOMMAND"));

        Assert.Equal("ERR", error.Code);
        await host.Redis.PingAsync(Cancellation);
    }

    [Fact]
    public async Task More_in_flight_than_allowed_is_shed()
    {
        await using var server = await RedisServer.StartAsync();
        await using var host = await ConnectAsync(server, options => options.MaxInFlight = 3);
        server.Freeze();

        var calls = Enumerable.Range(0, 4).Select(_ => host.Redis.PingAsync(Cancellation).AsTask()).ToArray();
        var shed = await Assert.ThrowsAsync<DependencyUnavailableException>(() => calls[3]);
        server.Thaw();

        Assert.Equal(DependencyUnavailableReason.Shed, shed.Reason);
        await Task.WhenAll(calls[..3]);
    }

    [Fact]
    public async Task A_reply_beyond_the_limit_costs_the_connection_and_nothing_else()
    {
        await using var host = await ConnectAsync(await servers.RedisAsync(), options => options.MaxReplyBytes = 1024);
        string key = Unique();
        await host.Redis.SetAsync(key, new byte[2048], TimeSpan.FromMinutes(1), Cancellation);

        await Assert.ThrowsAsync<DependencyUnavailableException>(async () => await host.Redis.GetAsync(key, Cancellation));

        await Eventually.IsTrueAsync(() => host.IsUpAsync("redis"), TimeSpan.FromSeconds(2), "connected again");
    }

    [Fact]
    public async Task A_server_that_starts_later_is_found()
    {
        await using var server = await RedisServer.StartAsync();
        await server.KillAsync();
        await using var host = await TestHost.StartAsync(builder => builder.AddRedis(), ("Redis", server.ConnectionString));

        await server.RestartAsync();

        await host.Redis.WaitUntilConnectedAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(3), Cancellation);
    }

    [Fact]
    public async Task A_wrong_password_never_connects_and_never_hangs()
    {
        var server = await servers.RedisAsync();
        await using var host = await TestHost.StartAsync(builder => builder.AddRedis(), ("Redis", $"redis://:wrong@127.0.0.1:{server.Port}"));

        Assert.False(await host.IsUpAsync("redis"));
    }

    internal static async Task<TestHost> ConnectAsync(RedisServer server, Action<RedisOptions>? configure = null)
    {
        var host = await TestHost.StartAsync(builder => builder.AddRedis(configure).AddVersionedCache("notes"), ("Redis", server.ConnectionString));
        await host.Redis.WaitUntilConnectedAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(5), Cancellation);
        return host;
    }

    private static string Unique() => Guid.NewGuid().ToString("N");
}

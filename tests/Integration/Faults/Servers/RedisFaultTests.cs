using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Faults.Redis;
using Back2Code.IntegrationTests.Servers;
using static Back2Code.IntegrationTests.Faults.Servers.FaultyServer;

namespace Back2Code.IntegrationTests.Faults.Servers;

/// <summary>Faults inside a real Redis.</summary>
public sealed class RedisFaultTests(FaultyRedis redis) : IClassFixture<FaultyRedis>
{
    private readonly FaultyServer _platform = redis.Platform;

    public static TheoryData<string> Types => [.. FaultCatalogue.All.Where(f => f.Family == "redis").Select(f => f.Type)];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_fault_is_seen_and_leaves_the_server_as_it_was(string type)
    {
        await redis.FillAsync();
        await using var client = await RedisSession.OpenAsync(_platform, Cancellation);
        var before = await redis.FingerprintAsync();

        var fault = await _platform.InjectExampleAsync(type);
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.Equal(before, await redis.FingerprintAsync());
        Assert.Empty(_platform.UndoRecords);
        Assert.Empty(await _platform.FindTracesAsync("redis"));
    }

    [Fact]
    public async Task What_a_dead_injector_left_is_healed()
    {
        var before = await redis.FingerprintAsync();
        await _platform.InjectAsync("redis.fill-memory", ("megabytes", "1"));
        await _platform.InjectAsync("redis.memory-limit");
        await _platform.InjectAsync("redis.pause");
        await _platform.InjectAsync("redis.wrong-password");

        var healed = await _platform.HealAsync();

        Assert.Empty(healed.Failed);
        Assert.Equal(4, healed.Healed.Count);
        Assert.Equal(before, await redis.FingerprintAsync());
        Assert.Empty(await _platform.FindTracesAsync("redis"));
    }

    [Fact]
    public async Task Memory_that_is_full_refuses_even_a_small_write_and_takes_it_afterwards()
    {
        await using var client = await RedisSession.OpenAsync(_platform, Cancellation);
        var used = await client.InfoAsync("memory", "used_memory", Cancellation);
        var limit = await _platform.InjectAsync("redis.memory-limit", ("bytes", (used + (8 << 20)).ToString(CultureInfo.InvariantCulture)), ("policy", "noeviction"));
        Assert.False(limit.Receipt.Observed);

        try
        {
            var fault = await _platform.InjectAsync("redis.fill-memory");
            try
            {
                Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
                await Eventually.IsTrueAsync(() => IsRefusedAsync(client), TimeSpan.FromSeconds(20), "a small write is refused");
                Assert.Equal("PONG", await client.AskAsync(Cancellation, "PING"));
            }
            finally
            {
                await fault.UndoAsync(Cancellation);
            }
        }
        finally
        {
            await limit.UndoAsync(Cancellation);
        }

        await client.AskAsync(Cancellation, "FLUSHALL", "SYNC");
        Assert.Equal("OK", await client.AskAsync(Cancellation, "SET", "k", "v"));
    }

    /// <summary>What the buffers of a connection gave back makes room for some writes more, so it takes some.</summary>
    private static async Task<bool> IsRefusedAsync(RedisSession client)
    {
        for (var i = 0; i < 100; i++)
        {
            if (await client.TryAsync(Cancellation, "SET", Guid.NewGuid().ToString(), new string('x', 100)) is RedisError)
            {
                return true;
            }
        }

        return false;
    }

    [Theory]
    [InlineData("redis.flush")]
    [InlineData("redis.expire-all")]
    public async Task Nothing_is_seen_where_there_was_nothing_to_lose(string type)
    {
        await using var client = await RedisSession.OpenAsync(_platform, Cancellation);
        await client.AskAsync(Cancellation, "FLUSHALL", "SYNC");

        var fault = await _platform.InjectExampleAsync(type);
        await fault.UndoAsync(Cancellation);

        Assert.False(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
    }

    [Theory]
    [InlineData("-WRONGPASS invalid username-password pair or user is disabled.\r\n", true)]
    [InlineData("-ERR max number of clients reached\r\n", false)]
    [InlineData("-LOADING Redis is loading the dataset in memory\r\n", false)]
    public async Task A_password_that_is_refused_is_told_from_a_server_that_refuses_everybody(string answer, bool refused)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        using var busy = new FaultyServer("redis", ((IPEndPoint)server.LocalEndpoint).Port, () => null);
        var asking = RedisSession.FindRefusalAsync(busy, Cancellation);
        using var client = await server.AcceptTcpClientAsync(Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), Cancellation);

        Assert.Equal(refused, (await asking)!.Is("WRONGPASS"));
    }

    [Fact]
    public async Task Evicting_is_seen_as_keys_that_went()
    {
        await redis.FillAsync();

        var fault = await _platform.InjectAsync("redis.memory-limit", ("policy", "allkeys-lru"));
        await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed, string.Join('\n', fault.Receipt.Observations));
        Assert.DoesNotContain("; 0 keys were evicted", fault.Receipt.Observations[0], StringComparison.Ordinal);
    }
}

/// <summary>A Redis of these tests alone.</summary>
public sealed class FaultyRedis : IAsyncLifetime
{
    private RedisServer? _server;
    private FaultyServer? _platform;

    internal FaultyServer Platform => _platform!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _platform = new FaultyServer("redis", _server.Port, () => _server.Pid);
    }

    public async Task FillAsync()
    {
        await using var session = await RedisSession.OpenAsync(Platform, Cancellation);
        for (var n = 0; n < 200; n++)
        {
            await session.AskAsync(Cancellation, "SET", FormattableString.Invariant($"filled:{n}"), new string('x', 1000));
        }
    }

    /// <summary>What a fault could leave changed; the keys of others may have gone, for that is what some faults do.</summary>
    public async Task<string> FingerprintAsync()
    {
        await using var session = await RedisSession.OpenAsync(Platform, Cancellation);
        var passwords = string.Join(' ', await RestorePasswords.ReadAsync(session, Cancellation));
        var keys = (await session.KeysAsync("back2code:fault:*", Cancellation)).Count(k => k != "back2code:fault:probe");
        return $"{await session.ConfigAsync("maxmemory", Cancellation)} {await session.ConfigAsync("maxmemory-policy", Cancellation)} {passwords} {keys}";
    }

    public async ValueTask DisposeAsync()
    {
        _platform?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

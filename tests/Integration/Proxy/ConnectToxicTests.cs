using System.Diagnostics;
using System.Net.Sockets;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Toxics that end a connection before it reaches the upstream, and the one that cuts it after bytes or time.</summary>
public sealed class ConnectToxicTests
{
    [Fact]
    public async Task Refuse_resets_new_connections_and_leaves_open_ones_alone()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var open = await ConnectAsync(link.Listen);
        await EchoAsync(open, "before");
        await proxy.AddAsync("refuse");

        Assert.Equal(SocketError.ConnectionReset, await RefusalAsync(link.Listen));
        await EchoAsync(open, "still here");
        Assert.Equal((1, 1), ((await proxy.StatisticsAsync()).Opened, (await proxy.StatisticsAsync()).Refused));
    }

    [Fact]
    public async Task Refuse_can_take_only_the_first_connections()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("refuse", attributes: ("first", 2)));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(SocketError.ConnectionReset, await RefusalAsync(link.Listen));
        }

        using var third = await ConnectAsync(link.Listen);

        await EchoAsync(third, "hello");
        Assert.Equal(2, Assert.Single((await proxy.StatisticsAsync()).Toxics).Ended);
    }

    [Fact]
    public async Task Hang_accepts_and_never_answers_until_it_is_removed()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("hang"));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "anyone?");
        await proxy.StatisticsWhenAsync(s => Assert.Single(s.Toxics).Connections == 1);
        var hearing = HearAllAsync(socket);
        Assert.False(hearing.IsCompleted);

        await proxy.Client.RemoveToxicAsync("link", "hang_downstream", Cancellation);

        // Closed with bytes unread: the client may see that as a reset.
        var ended = await Task.WhenAny(hearing, Task.Delay(TimeSpan.FromSeconds(5), Cancellation));
        Assert.Same(hearing, ended);
        Assert.Equal(0, (await proxy.StatisticsAsync()).Opened);
    }

    [Fact]
    public async Task Hang_closes_after_its_time()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("hang", attributes: ("timeout", 120)));
        long start = Stopwatch.GetTimestamp();
        using var socket = await ConnectAsync(link.Listen);

        Assert.Empty(await HearAllAsync(socket));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 115, 5_000);
    }

    [Fact]
    public async Task Disabling_a_proxy_ends_the_connections_that_hang()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("hang"));
        using var socket = await ConnectAsync(link.Listen);
        await proxy.StatisticsWhenAsync(s => Assert.Single(s.Toxics).Connections == 1);

        await proxy.Client.SetEnabledAsync("link", false, Cancellation);

        Assert.Empty(await HearAllAsync(socket));
    }

    [Fact]
    public async Task Cut_closes_after_its_time_whatever_passes()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("cut", attributes: ("time", 150)));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        Assert.Empty(await HearAllAsync(socket));
        Assert.Equal(1, (await proxy.StatisticsWhenAsync(s => s.Open == 0)).Cut);
    }

    [Fact]
    public async Task Cut_can_reset_after_so_many_bytes()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("cut", "upstream", 1, ("bytes", 8), ("reset", 1)));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        await SayAsync(socket, "hello");

        await Assert.ThrowsAsync<SocketException>(() => HearAllAsync(socket));
        var statistics = await proxy.StatisticsWhenAsync(s => s.Open == 0);
        Assert.Equal((1, 8), (statistics.Reset, statistics.Upstream.SentBytes));
    }

    /// <summary>The RST may come before the call that connects is back.</summary>
    private static async Task<SocketError> RefusalAsync(string address)
    {
        var e = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var socket = await ConnectAsync(address);
            await HearAllAsync(socket);
        });
        return e.SocketErrorCode;
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>What a link without toxics does to traffic: nothing.</summary>
public sealed class TrafficTests
{
    [Fact]
    public async Task Bytes_arrive_as_they_were_sent()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        byte[] sent = RandomBytes(20_000_000);
        using var socket = await ConnectAsync(link.Listen);

        var hearing = HearAllAsync(socket);
        await socket.SendAsync(sent, Cancellation);
        socket.Shutdown(SocketShutdown.Send);

        AssertSame(sent, await hearing);
    }

    [Fact]
    public async Task A_client_that_has_said_all_still_hears_the_answer()
    {
        await using var upstream = new Upstream(async socket =>
        {
            await HearAllAsync(socket);
            await socket.SendAsync("bye"u8.ToArray());
            socket.Shutdown(SocketShutdown.Send);
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "that was all");

        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("bye"u8.ToArray(), await HearAllAsync(socket));
        await proxy.StatisticsWhenAsync(s => s is { Open: 0, Cut: 0, Reset: 0 });
    }

    [Fact]
    public async Task A_reset_by_the_server_reaches_the_client_as_a_reset()
    {
        await using var upstream = new Upstream(async socket =>
        {
            await socket.ReceiveAsync(new byte[5]);
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "hello");

        var e = await Assert.ThrowsAsync<SocketException>(() => HearAllAsync(socket));

        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        Assert.Equal(0, (await proxy.StatisticsWhenAsync(s => s.Open == 0)).Reset);
    }

    [Fact]
    public async Task A_reset_by_the_client_reaches_the_server_as_a_reset()
    {
        var seen = new TaskCompletionSource<SocketError>();
        await using var upstream = new Upstream(async socket =>
        {
            try
            {
                await HearAllAsync(socket);
            }
            catch (SocketException e)
            {
                seen.SetResult(e.SocketErrorCode);
            }
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "hello");
        await proxy.StatisticsWhenAsync(s => s.Upstream.SentBytes == 5);

        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();

        Assert.Equal(SocketError.ConnectionReset, await seen.Task.WaitAsync(TimeSpan.FromSeconds(5), Cancellation));
    }

    [Fact]
    public async Task A_client_of_a_dead_upstream_is_closed_at_once()
    {
        await using var proxy = await StartAsync();
        var gone = new Upstream();
        string address = gone.Address;
        await gone.DisposeAsync();
        var link = await proxy.CreateLinkAsync("link", address);
        using var socket = await ConnectAsync(link.Listen);

        Assert.Empty(await HearAllAsync(socket));
        Assert.Equal((1, 0, 0), await CountersAsync(proxy));
    }

    [Fact]
    public async Task A_link_carries_its_clients_again_when_the_upstream_comes_back()
    {
        await using var proxy = await StartAsync();
        var upstream = new Upstream();
        var link = await proxy.CreateLinkAsync(upstream);
        using (var socket = await ConnectAsync(link.Listen))
        {
            await EchoAsync(socket, "hello");
            await upstream.DisposeAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => EchoAsync(socket, "anyone?"));
        }

        await using var back = new Upstream();
        await proxy.Client.PopulateAsync([link with { Upstream = back.Address }], Cancellation);

        using var again = await ConnectAsync(link.Listen);
        await EchoAsync(again, "hello");
    }

    [Fact]
    public async Task Many_connections_at_once_do_not_mix()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var socket = await ConnectAsync(link.Listen);
            for (int round = 0; round < 20; round++)
            {
                await EchoAsync(socket, $"connection {i} round {round}");
            }
        }));

        var statistics = await proxy.StatisticsWhenAsync(s => s.Open == 0);
        Assert.Equal(200, statistics.Opened);
        Assert.Equal(statistics.Upstream.ReceivedBytes, statistics.Downstream.SentBytes);
    }

    [Fact]
    public async Task A_receiver_that_does_not_read_makes_the_sender_wait()
    {
        var go = new TaskCompletionSource();
        await using var upstream = new Upstream(async socket =>
        {
            await go.Task;
            await Upstream.EchoAsync(socket);
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        byte[] sent = RandomBytes(64_000_000);

        var sending = socket.SendAsync(sent, Cancellation).AsTask();
        await StableAsync(async () => (await proxy.StatisticsAsync()).Upstream.ReceivedBytes);

        var statistics = await proxy.StatisticsAsync();
        Assert.False(sending.IsCompleted);
        Assert.InRange(statistics.Upstream.ReceivedBytes - statistics.Upstream.SentBytes, 0, 1_000_000);

        go.SetResult();
        var hearing = HearAllAsync(socket);
        await sending;
        socket.Shutdown(SocketShutdown.Send);
        AssertSame(sent, await hearing);
    }

    internal static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    /// <summary>Waits until a figure has not moved for a while.</summary>
    internal static async Task StableAsync(Func<Task<long>> read)
    {
        long last = -1;
        long since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < TimeSpan.FromMilliseconds(150))
        {
            long now = await read();
            if (now != last)
            {
                last = now;
                since = Stopwatch.GetTimestamp();
            }

            await Task.Delay(5, Cancellation);
        }
    }

    private static async Task<(long Refused, long Opened, long Open)> CountersAsync(ProxyUnderTest proxy)
    {
        var statistics = await proxy.StatisticsAsync();
        return (statistics.Refused, statistics.Opened, statistics.Open);
    }
}

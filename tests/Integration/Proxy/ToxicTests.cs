using System.Diagnostics;
using System.Net.Sockets;
using Back2Code.Chaos.Proxy;
using Back2Code.IntegrationTests.Services;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Each toxic on real connections: what it does, and that taking it off leaves the connection as it promises.</summary>
public sealed class ToxicTests
{
    [Fact]
    public async Task Latency_reaches_a_live_connection_and_leaves_it()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "before");

        await proxy.AddAsync("latency", attributes: ("latency", 150));
        var during = await EchoAsync(socket, "during");
        await proxy.Client.RemoveToxicAsync("link", "latency_downstream", Cancellation);
        var after = await Timed.BestOfThreeAsync(() => EchoAsync(socket, "after"));

        Assert.InRange(during.TotalMilliseconds, 150, 5_000);
        Assert.True(after < TimeSpan.FromMilliseconds(140), $"the toxic was removed, yet an echo took {after}");
    }

    [Fact]
    public async Task Latency_is_counted_from_arrival_so_a_burst_is_late_only_once()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 200)));
        using var socket = await ConnectAsync(link.Listen);
        long start = Stopwatch.GetTimestamp();

        for (int i = 0; i < 20; i++)
        {
            await SayAsync(socket, $"piece {i:00};");
            await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes >= 9 * (i + 1));
        }

        string all = await HearAsync(socket, 20 * 9);

        Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"piece {i:00};")), all);
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), "20 delays of 200 ms added up");
    }

    [Fact]
    public async Task Removing_latency_lets_what_it_held_go_at_once_and_in_order()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 60_000)));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "first ");
        await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes == 6);
        await SayAsync(socket, "second");
        await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes == 12);

        await proxy.Client.RemoveToxicAsync("link", "latency_downstream", Cancellation);

        Assert.Equal("first second", await HearAsync(socket, 12));
        await EchoAsync(socket, "and on");
    }

    [Fact]
    public async Task A_shorter_latency_applies_to_what_is_waiting()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 60_000)));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "hello");
        await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes == 5);

        await proxy.Client.UpdateToxicAsync("link", "latency_downstream", new Dictionary<string, AttributeValue> { ["latency"] = 10 }, null, Cancellation);

        Assert.Equal("hello", await HearAsync(socket, 5));
    }

    [Fact]
    public async Task Latency_delays_the_end_of_the_stream_no_further_than_its_data()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 100)));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "last words");

        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("last words"u8.ToArray(), await HearAllAsync(socket));
    }

    [Fact]
    public async Task Draws_follow_from_the_seed()
    {
        await using var upstream = new Upstream();
        long[] first = await PiecesAsync(seed: 7);
        long[] same = await PiecesAsync(seed: 7);
        long[] other = await PiecesAsync(seed: 8);

        Assert.Equal(first, same);
        Assert.NotEqual(first, other);

        async Task<long[]> PiecesAsync(ulong seed)
        {
            await using var proxy = await StartAsync(seed);
            var link = await proxy.CreateLinkAsync(upstream, Toxic("slicer", "upstream", 1, ("average_size", 100), ("size_variation", 90)));
            using var socket = await ConnectAsync(link.Listen);
            List<long> pieces = [];
            for (int i = 0; i < 12; i++)
            {
                await EchoAsync(socket, new string('x', 2_000));
                pieces.Add((await proxy.StatisticsAsync()).Toxics.Single().PassedChunks);
            }

            return [.. pieces];
        }
    }

    [Fact]
    public async Task Bandwidth_holds_a_connection_to_its_rate_and_delivers_everything()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("bandwidth", attributes: ("rate", 1_000)));
        using var socket = await ConnectAsync(link.Listen);
        byte[] sent = TrafficTests.RandomBytes(500_000);
        long start = Stopwatch.GetTimestamp();

        await socket.SendAsync(sent, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
        byte[] heard = await HearAllAsync(socket);

        AssertSame(sent, heard);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.49, 5);
    }

    [Fact]
    public async Task Removing_bandwidth_lets_the_rest_through_at_full_speed()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("bandwidth", attributes: ("rate", 1)));
        using var socket = await ConnectAsync(link.Listen);
        byte[] sent = TrafficTests.RandomBytes(10_000_000);
        var hearing = HearAllAsync(socket);
        var sending = Task.Run(async () =>
        {
            await socket.SendAsync(sent, Cancellation);
            socket.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes > 100_000);

        await proxy.Client.RemoveToxicAsync("link", "bandwidth_downstream", Cancellation);

        await sending;
        AssertSame(sent, await hearing);
    }

    [Fact]
    public async Task Timeout_swallows_data_and_closes_the_connection_when_it_is_removed()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "before");
        await proxy.AddAsync("timeout");

        await SayAsync(socket, "into the hole");
        var statistics = await proxy.StatisticsWhenAsync(s => s.Downstream.DroppedBytes == 13);
        var hearing = HearAllAsync(socket);
        Assert.False(hearing.IsCompleted);
        await proxy.Client.RemoveToxicAsync("link", "timeout_downstream", Cancellation);

        Assert.Empty(await hearing);
        Assert.Equal(13, Assert.Single(statistics.Toxics).DroppedBytes);
        Assert.Equal(1, (await proxy.StatisticsWhenAsync(s => s.Open == 0)).Cut);
    }

    [Fact]
    public async Task Timeout_closes_the_connection_after_its_time_without_any_data()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "before");
        long start = Stopwatch.GetTimestamp();

        await proxy.AddAsync("timeout", attributes: ("timeout", 120));

        Assert.Empty(await HearAllAsync(socket));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 115, 5_000);
    }

    [Fact]
    public async Task Reset_peer_resets_a_live_connection_at_its_next_data()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "before");
        await proxy.AddAsync("reset_peer");

        await SayAsync(socket, "hello");
        var e = await Assert.ThrowsAsync<SocketException>(() => HearAllAsync(socket));

        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        var statistics = await proxy.StatisticsWhenAsync(s => s.Open == 0);
        Assert.Equal((1, 1), (statistics.Reset, statistics.Toxics.Single().Ended));
    }

    [Fact]
    public async Task Reset_peer_that_is_removed_while_it_waits_passes_on_what_it_held()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("reset_peer", attributes: ("timeout", 60_000)));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "hello");
        await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes == 5);

        await proxy.Client.RemoveToxicAsync("link", "reset_peer_downstream", Cancellation);

        Assert.Equal("hello", await HearAsync(socket, 5));
        await EchoAsync(socket, "and on");
    }

    [Fact]
    public async Task Slow_close_delays_only_the_end()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("slow_close", attributes: ("delay", 150)));
        using var socket = await ConnectAsync(link.Listen);
        Assert.True(await Timed.BestOfThreeAsync(() => EchoAsync(socket, "hello")) < TimeSpan.FromMilliseconds(140));
        long start = Stopwatch.GetTimestamp();

        socket.Shutdown(SocketShutdown.Send);

        Assert.Empty(await HearAllAsync(socket));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 149, 5_000);
    }

    [Fact]
    public async Task Slicer_cuts_data_into_pieces_and_loses_none()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("slicer", attributes: [("average_size", 100), ("size_variation", 40), ("delay", 10)]));
        using var socket = await ConnectAsync(link.Listen);
        byte[] sent = TrafficTests.RandomBytes(20_000);

        await socket.SendAsync(sent, Cancellation);
        socket.Shutdown(SocketShutdown.Send);

        AssertSame(sent, await HearAllAsync(socket));
        Assert.InRange((await proxy.StatisticsAsync()).Toxics.Single().PassedChunks, 20_000 / 140, 20_000 / 60 + 10);
    }

    [Fact]
    public async Task Limit_data_closes_after_so_many_bytes_however_they_come()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("limit_data", attributes: ("bytes", 8)));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        await SayAsync(socket, "hello");

        Assert.Equal("hel"u8.ToArray(), await HearAllAsync(socket));
        Assert.Equal(1, (await proxy.StatisticsWhenAsync(s => s.Open == 0)).Cut);
    }

    [Fact]
    public async Task Limit_data_counts_on_when_its_limit_is_changed()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("limit_data", attributes: ("bytes", 1_000)));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        await proxy.Client.UpdateToxicAsync("link", "limit_data_downstream", new Dictionary<string, AttributeValue> { ["bytes"] = 7 }, null, Cancellation);
        await SayAsync(socket, "hello");

        Assert.Equal("he"u8.ToArray(), await HearAllAsync(socket));
    }

    [Fact]
    public async Task Toxics_of_the_upstream_direction_leave_the_answers_alone()
    {
        var sent = new TaskCompletionSource();
        await using var upstream = new Upstream(async socket =>
        {
            await sent.Task;
            await socket.SendAsync("hello"u8.ToArray());
        });
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("timeout", "upstream"));
        using var socket = await ConnectAsync(link.Listen);
        await SayAsync(socket, "nobody hears this");
        await proxy.StatisticsWhenAsync(s => s.Upstream.DroppedBytes == 17);

        sent.SetResult();

        Assert.Equal("hello", await HearAsync(socket, 5));
    }

    [Fact]
    public async Task Toxicity_zero_never_touches_a_connection()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("timeout", toxicity: 0), Toxic("reset_peer", "upstream", 0));
        using var socket = await ConnectAsync(link.Listen);

        await EchoAsync(socket, "hello");
        await proxy.Client.RemoveToxicAsync("link", "timeout_downstream", Cancellation);
        await EchoAsync(socket, "still here");

        var statistics = await proxy.StatisticsAsync();
        Assert.Empty(Assert.Single(statistics.Connections).Toxics);
        Assert.Equal(0, statistics.Toxics.Single().Connections);
    }

    [Fact]
    public async Task Toxicity_touches_its_share_of_connections_and_the_seed_says_which()
    {
        await using var upstream = new Upstream();
        bool[] first = await TouchedAsync(seed: 3);
        bool[] same = await TouchedAsync(seed: 3);
        bool[] other = await TouchedAsync(seed: 4);

        Assert.Equal(first, same);
        Assert.NotEqual(first, other);
        Assert.InRange(first.Count(t => t), 25, 55);

        async Task<bool[]> TouchedAsync(ulong seed)
        {
            await using var proxy = await StartAsync(seed);
            var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", toxicity: 0.4));
            List<Socket> sockets = [];
            for (int i = 0; i < 100; i++)
            {
                sockets.Add(await ConnectAsync(link.Listen));
                await EchoAsync(sockets[^1], "hello");
            }

            var connections = (await proxy.StatisticsAsync()).Connections;
            sockets.ForEach(s => s.Dispose());
            return [.. connections.Select(c => c.Toxics.Count > 0)];
        }
    }

    [Fact]
    public async Task Raising_toxicity_from_zero_puts_the_toxic_in_its_place_on_a_live_connection()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("limit_data", toxicity: 0, attributes: ("bytes", 3)), Toxic("latency", attributes: ("latency", 50)));
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "hello");

        await proxy.Client.UpdateToxicAsync("link", "limit_data_downstream", new Dictionary<string, AttributeValue>(), 1, Cancellation);
        await SayAsync(socket, "hello");

        Assert.Equal("hel"u8.ToArray(), await HearAllAsync(socket));
    }
}

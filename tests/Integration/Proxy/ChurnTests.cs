using System.Diagnostics;
using System.Net.Sockets;
using Back2Code.Chaos.Proxy;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Toxics that change while bytes flow: no byte lost or overtaken, and nobody waits for traffic.</summary>
public sealed class ChurnTests
{
    private static readonly string[] Harmless = ["latency", "bandwidth", "slicer", "slow_close", "noop", "http_delay", "http_truncate"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task No_byte_is_lost_or_overtaken_while_toxics_come_change_and_go(int seed)
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync((ulong)seed);
        var link = await proxy.CreateLinkAsync(upstream);
        byte[] sent = TrafficTests.RandomBytes(3_000_000);
        using var socket = await ConnectAsync(link.Listen);
        var hearing = HearAllAsync(socket);
        var sending = SendSlowlyAsync(socket, sent);

        var random = new Random(seed);
        for (int change = 0; change < 150 || !sending.IsCompleted; change++)
        {
            await ChangeSomethingAsync(proxy.Client, random);
        }

        foreach (var toxic in (await proxy.Client.FindAsync("link", Cancellation))!.Toxics)
        {
            await proxy.Client.RemoveToxicAsync("link", toxic.Name, Cancellation);
        }

        await sending;
        AssertSame(sent, await hearing);
        var statistics = await proxy.StatisticsWhenAsync(s => s.Open == 0);
        Assert.Equal((3_000_000, 3_000_000, 0), (statistics.Upstream.SentBytes, statistics.Downstream.SentBytes, statistics.Downstream.DroppedBytes));
    }

    [Theory]
    [InlineData("latency", "latency", 60_000)]
    [InlineData("bandwidth", "rate", 1)]
    [InlineData("timeout", "timeout", 0)]
    [InlineData("noop", "none", 0)]
    public async Task Changing_toxics_never_waits_for_a_receiver_that_does_not_read(string type, string attribute, long value)
    {
        var never = new TaskCompletionSource();
        await using var upstream = new Upstream(_ => never.Task);
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("noop", "upstream"));
        List<Socket> sockets = [];
        for (int i = 0; i < 20; i++)
        {
            var socket = await ConnectAsync(link.Listen);
            sockets.Add(socket);
            _ = socket.SendAsync(new byte[16_000_000], Cancellation).AsTask();
        }

        await TrafficTests.StableAsync(async () => (await proxy.StatisticsAsync()).Upstream.ReceivedBytes);

        long start = Stopwatch.GetTimestamp();
        await proxy.AddAsync(type == "noop" ? "slicer" : type, "upstream", 1, type == "noop" ? ("average_size", 10) : (attribute, value));
        string name = (type == "noop" ? "slicer" : type) + "_upstream";
        await proxy.Client.UpdateToxicAsync("link", name, new Dictionary<string, AttributeValue>(), 0.5, Cancellation);
        await proxy.Client.RemoveToxicAsync("link", name, Cancellation);
        await proxy.Client.RemoveToxicAsync("link", "noop_upstream", Cancellation);
        await proxy.Client.SetEnabledAsync("link", false, Cancellation);
        var elapsed = Stopwatch.GetElapsedTime(start);

        sockets.ForEach(s => s.Dispose());
        Assert.True(elapsed < TimeSpan.FromSeconds(2), $"changes took {elapsed}");
        await proxy.StatisticsWhenAsync(s => s.Open == 0);
    }

    [Fact]
    public async Task What_a_toxic_holds_back_is_bounded()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", "upstream", attributes: ("latency", 600_000)));
        using var socket = await ConnectAsync(link.Listen);
        _ = socket.SendAsync(new byte[64_000_000], Cancellation).AsTask();

        await TrafficTests.StableAsync(async () => (await proxy.StatisticsAsync()).Upstream.ReceivedBytes);

        Assert.InRange((await proxy.StatisticsAsync()).Upstream.ReceivedBytes, 1_000_000, 6_000_000);
    }

    [Fact]
    public async Task Removed_toxics_leave_no_trace_on_a_connection()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var socket = await ConnectAsync(link.Listen);
        await EchoAsync(socket, "before");
        for (int i = 0; i < 50; i++)
        {
            await proxy.AddAsync("latency");
            await EchoAsync(socket, "during");
            await proxy.Client.RemoveToxicAsync("link", "latency_downstream", Cancellation);
        }

        var after = await EchoAsync(socket, "after");

        Assert.Empty(Assert.Single((await proxy.StatisticsAsync()).Connections).Toxics);
        Assert.True(after < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Bytes_received_are_those_sent_and_those_dropped_when_connections_end_badly()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream, Toxic("latency", attributes: ("latency", 60_000)));
        for (int i = 0; i < 20; i++)
        {
            var socket = await ConnectAsync(link.Listen);
            await socket.SendAsync(new byte[10_000], Cancellation);
            await proxy.StatisticsWhenAsync(s => s.Downstream.ReceivedBytes >= 10_000 * (i + 1));
            socket.LingerState = new LingerOption(true, 0);
            socket.Dispose();
        }

        var statistics = await proxy.StatisticsWhenAsync(s => s.Open == 0);

        Assert.Equal(200_000, statistics.Downstream.ReceivedBytes);
        Assert.Equal((0, 200_000), (statistics.Downstream.SentBytes, statistics.Downstream.DroppedBytes));
    }

    private static async Task SendSlowlyAsync(Socket socket, byte[] bytes)
    {
        for (int offset = 0; offset < bytes.Length; offset += 10_000)
        {
            await socket.SendAsync(bytes.AsMemory(offset, Math.Min(10_000, bytes.Length - offset)), Cancellation);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task ChangeSomethingAsync(ToxiproxyClient client, Random random)
    {
        var toxics = (await client.FindAsync("link", Cancellation))!.Toxics;
        int choice = random.Next(3);
        if (toxics.Count == 0 || (choice == 0 && toxics.Count < 6))
        {
            string type = Harmless[random.Next(Harmless.Length)];
            var toxic = Toxic(type, random.Next(2) == 0 ? "upstream" : "downstream", random.Next(3) / 2.0, Attributes(type, random)) with
            {
                Name = $"t{random.Next(1_000_000)}",
            };
            await client.AddToxicAsync("link", toxic, Cancellation);
            return;
        }

        var victim = toxics[random.Next(toxics.Count)];
        if (choice == 1)
        {
            await client.RemoveToxicAsync("link", victim.Name, Cancellation);
            return;
        }

        await client.UpdateToxicAsync(
            "link", victim.Name, Attributes(victim.Type, random).ToDictionary(a => a.Name, a => a.Value), random.Next(3) / 2.0, Cancellation);
    }

    private static (string Name, AttributeValue Value)[] Attributes(string type, Random random) => type switch
    {
        "latency" => [("latency", random.Next(30)), ("jitter", random.Next(10))],
        "bandwidth" => [("rate", random.Next(1_000, 50_000))],
        "slicer" => [("average_size", random.Next(500, 5_000)), ("size_variation", random.Next(400)), ("delay", random.Next(100))],
        "slow_close" => [("delay", random.Next(50))],
        _ => [],
    };
}

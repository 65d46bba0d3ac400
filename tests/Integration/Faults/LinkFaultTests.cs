using System.Diagnostics;
using System.Net.Sockets;
using Back2Code.Chaos.Faults;
using Back2Code.IntegrationTests.Proxy;
using Back2Code.IntegrationTests.Services;
using static Back2Code.IntegrationTests.Faults.PlatformUnderTest;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>Faults on links through a real fault proxy; the upstream answers whatever it is asked.</summary>
public sealed class LinkFaultTests
{
    [Fact]
    public async Task Latency_is_measured_on_a_connection_through_the_link_even_when_it_is_idle()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("notes-1-to-postgres", upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(socket, "before");

        var fault = await platform.InjectAsync("link.latency", "notes-1-to-postgres", null, ("latency", "200ms"), ("jitter", "20ms"));
        var during = await ProxyUnderTest.EchoAsync(socket, "during");
        var undone = await fault.UndoAsync(Cancellation);
        var after = await Timed.BestOfThreeAsync(() => ProxyUnderTest.EchoAsync(socket, "after"));

        Assert.True(fault.Receipt.Observed);
        Assert.Matches("^notes-1-to-postgres: (an answer took [0-9,]+ ms, [0-9.]+ ms before|[0-9]+ pieces of data delayed)", Assert.Single(fault.Receipt.Observations));
        Assert.InRange(during.TotalMilliseconds, 180, 5_000);
        Assert.True(after < TimeSpan.FromMilliseconds(180));
        Assert.Contains(undone.Observations, line => line.StartsWith("notes-1-to-postgres: in all ", StringComparison.Ordinal));
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task A_pattern_reaches_every_link_that_matches()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("notes-1-to-postgres", upstream);
        await platform.LinkAsync("notes-2-to-postgres", upstream);
        await platform.LinkAsync("notes-2-to-redis", upstream);

        var fault = await platform.InjectAsync("link.latency", "notes-*-to-postgres", null, ("latency", "50ms"));

        var links = await platform.Toxiproxy.ListAsync(Cancellation);
        Assert.Equal([1, 1, 0], links.Values.OrderBy(l => l.Name, StringComparer.Ordinal).Select(l => l.Toxics.Count));
        Assert.Equal(2, fault.Receipt.Observations.Count);
        await fault.UndoAsync(Cancellation);
        Assert.All((await platform.Toxiproxy.ListAsync(Cancellation)).Values, l => Assert.Empty(l.Toxics));
    }

    [Fact]
    public async Task Bandwidth_shows_what_was_held_back()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("gateway-to-notes-1", upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        var traffic = KeepEchoingAsync(socket, 2_000);

        var fault = await platform.InjectAsync("link.bandwidth", "gateway-to-notes-1", null, ("rate", "20"));

        Assert.True(fault.Receipt.Observed);
        Assert.Matches("bytes passed on [0-9]+ connections, held back up to [0-9.,]+ ms", Assert.Single(fault.Receipt.Observations));
        await fault.UndoAsync(Cancellation);
        socket.Shutdown(SocketShutdown.Send);
        await traffic;
    }

    [Fact]
    public async Task Timeout_counts_the_bytes_it_dropped_and_closes_the_connections_when_undone()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("notes-1-to-redis", upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(socket, "before");

        var fault = await platform.InjectAsync("link.timeout", "notes-1-to-redis");
        await ProxyUnderTest.SayAsync(socket, "into the hole");
        var undone = await fault.UndoAsync(Cancellation);

        Assert.True(fault.Receipt.Observed);
        Assert.Matches("[0-9]+ bytes dropped", Assert.Single(fault.Receipt.Observations));
        Assert.Empty(await ProxyUnderTest.HearAllAsync(socket));
        Assert.Matches("[0-9]+ dropped", undone.Observations[0]);
        using var again = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(again, "works again");
    }

    [Fact]
    public async Task Reset_counts_the_connections_it_reset()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("notes-1-to-rabbitmq", upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(socket, "before");

        var fault = await platform.InjectAsync("link.reset", "notes-1-to-rabbitmq");
        var e = await Assert.ThrowsAsync<SocketException>(() => ProxyUnderTest.EchoAsync(socket, "during"));

        Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        Assert.True(fault.Receipt.Observed);
        Assert.Matches("[0-9]+ connections reset", Assert.Single(fault.Receipt.Observations));
        await fault.UndoAsync(Cancellation);
    }

    [Fact]
    public async Task Down_closes_connections_refuses_new_ones_and_is_undone()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("notes-1-to-redis", upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(socket, "before");

        var fault = await platform.InjectAsync("link.down", "notes-1-to-redis");

        Assert.Equal("notes-1-to-redis: 1 connections closed; a new one was refused", Assert.Single(fault.Receipt.Observations));
        Assert.Empty(await ProxyUnderTest.HearAllAsync(socket));
        await fault.UndoAsync(Cancellation);
        using var again = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(again, "works again");
    }

    [Fact]
    public async Task A_fault_whose_effect_nobody_can_see_is_not_observed()
    {
        var never = new TaskCompletionSource();
        await using var upstream = new Upstream(_ => never.Task);
        await using var platform = await StartAsync();
        await platform.LinkAsync("notes-1-to-postgres", upstream);

        // The server never says a word, so nothing passes downstream that could be late.
        var fault = await platform.InjectAsync("link.latency", "notes-1-to-postgres", null, ("latency", "10ms"));

        Assert.False(fault.Receipt.Observed);
        Assert.Contains("nothing passed that was late", Assert.Single(fault.Receipt.Observations), StringComparison.Ordinal);
        await fault.UndoAsync(Cancellation);
    }

    [Fact]
    public async Task A_link_that_is_down_already_is_refused()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("notes-1-to-redis", upstream);
        await platform.InjectAsync("link.down", "notes-1-to-redis");

        var e = await Assert.ThrowsAsync<FaultException>(() => platform.InjectAsync("link.latency", "notes-1-to-redis", null, ("latency", "1s")));

        Assert.Equal("notes-1-to-redis is down already; a fault on it would show nothing.", e.Message);
        Assert.Single(platform.UndoRecords());
    }

    [Fact]
    public async Task An_injection_that_is_cancelled_leaves_nothing_behind()
    {
        var never = new TaskCompletionSource();
        await using var upstream = new Upstream(_ => never.Task);
        await using var platform = await StartAsync();
        await platform.LinkAsync("notes-1-to-postgres", upstream);
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var injecting = FaultCatalogue.Find("link.latency").InjectAsync(
            platform.ContextFor("notes-1-to-postgres", null, ("latency", "1m")), cancellation.Token);
        await UntilAsync(() => platform.UndoRecords().Length > 0, "the undo record is written");
        await UntilToxicAsync(platform);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => injecting);
        Assert.Empty((await platform.Toxiproxy.FindAsync("notes-1-to-postgres", Cancellation))!.Toxics);
        Assert.Empty(platform.UndoRecords());
    }

    [Fact]
    public async Task Undoing_twice_gives_the_first_answer()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync("notes-1-to-redis", upstream);
        var fault = await platform.InjectAsync("link.down", "notes-1-to-redis");

        var first = await fault.UndoAsync(Cancellation);
        var second = await fault.UndoAsync(Cancellation);

        Assert.Same(first, second);
    }

    private static async Task UntilToxicAsync(PlatformUnderTest platform)
    {
        long start = Stopwatch.GetTimestamp();
        while ((await platform.Toxiproxy.FindAsync("notes-1-to-postgres", Cancellation))!.Toxics.Count == 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), "no toxic after 5 s");
            await Task.Delay(2, Cancellation);
        }
    }

    private static async Task KeepEchoingAsync(Socket socket, int bytes)
    {
        byte[] buffer = new byte[bytes];
        await socket.SendAsync(buffer, Cancellation);
        while (await socket.ReceiveAsync(buffer, Cancellation) is > 0 and int length)
        {
            try
            {
                await socket.SendAsync(buffer.AsMemory(0, length), Cancellation);
            }
            catch (SocketException)
            {
                // The test has said that this was all.
                return;
            }
        }
    }
}

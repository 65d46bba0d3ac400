using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Chaos.Faults;
using Back2Code.IntegrationTests.Proxy;
using static Back2Code.IntegrationTests.Faults.PlatformUnderTest;

namespace Back2Code.IntegrationTests.Faults;

/// <summary>Faults on how connections begin, carry data and end, through a real fault proxy.</summary>
public sealed class ConnectionFaultTests
{
    private const string Link = "notes-1-to-redis";

    [Fact]
    public async Task A_slow_close_is_measured_on_the_end_of_a_connection()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync(Link, upstream);

        var fault = await platform.InjectAsync("link.slow-close", Link, null, ("delay", "300ms"));

        await SeenAndWholeAgainAsync(platform, fault, "the end of a connection came after [3-9][0-9]{2} ms");
    }

    [Fact]
    public async Task Slices_are_counted_on_real_traffic()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync(Link, upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        using var ended = new CancellationTokenSource();
        var traffic = KeepEchoingAsync(socket, ended.Token);

        var fault = await platform.InjectAsync("link.slice", Link, null, ("size", "16"));
        await SeenAndWholeAgainAsync(platform, fault, "bytes passed in [0-9,]+ pieces of (1[0-9]|20) bytes on average");

        await ended.CancelAsync();
        await traffic;
    }

    [Theory]
    [InlineData("link.limit-data", "bytes", "100", "connections ended after")]
    [InlineData("link.cut", "after", "100ms", "connections cut")]
    public async Task Connections_that_are_used_end(string type, string parameter, string value, string seen)
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync(Link, upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        using var ended = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var traffic = KeepEchoingAsync(socket, ended.Token);

        var fault = await platform.InjectAsync(type, Link, null, (parameter, value));
        await traffic;

        Assert.False(ended.IsCancellationRequested, "the connection ended by itself");
        await SeenAndWholeAgainAsync(platform, fault, seen);
    }

    [Fact]
    public async Task Corrupt_data_comes_with_one_wrong_bit_a_piece_and_as_it_was_sent_when_the_fault_is_over()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync(Link, upstream);
        using var socket = await ProxyUnderTest.ConnectAsync(link.Listen);
        byte[] sent = Encoding.ASCII.GetBytes(new string('a', 64)), heard = new byte[64];

        var injecting = platform.InjectAsync("link.corrupt", Link);
        int wrong = 0;
        while (!injecting.IsCompleted || wrong == 0)
        {
            await socket.SendAsync(sent, TestContext.Current.CancellationToken);
            int got = 0;
            while (got < heard.Length)
            {
                int more = await socket.ReceiveAsync(heard.AsMemory(got), TestContext.Current.CancellationToken);
                Assert.NotEqual(0, more);
                got += more;
            }

            int bits = sent.Zip(heard, (s, h) => int.PopCount(s ^ h)).Sum();
            Assert.InRange(bits, 0, 64);
            wrong += bits;
        }

        await SeenAndWholeAgainAsync(platform, await injecting, "bytes passed in [0-9,]+ pieces, with a wrong bit in each");
        using var again = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(again, "after");
    }

    [Fact]
    public async Task New_connections_are_refused_and_those_that_are_open_work_on()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync(Link, upstream);
        using var open = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(open, "before");

        var fault = await platform.InjectAsync("link.refuse", Link);
        await ProxyUnderTest.EchoAsync(open, "during");

        await SeenAndWholeAgainAsync(platform, fault, "a new connection was (Reset|Refused) after [0-9.]+ ms, Answered before");
        using var again = await ProxyUnderTest.ConnectAsync(link.Listen);
        await ProxyUnderTest.EchoAsync(again, "after");
    }

    [Fact]
    public async Task New_connections_hang()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync(Link, upstream);

        var fault = await platform.InjectAsync("link.hang", Link);

        await SeenAndWholeAgainAsync(platform, fault, "a new connection had no answer for [0-9,]+ ms");
    }

    [Fact]
    public async Task A_flood_is_there_until_it_is_undone_and_replaces_what_the_server_closes()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync(Link, upstream);

        var fault = await platform.InjectAsync("link.flood", Link, null, ("connections", "40"));
        var during = await platform.Toxiproxy.GetStatisticsAsync(Link, Cancellation);

        Assert.InRange(during.Open, 40, 60);
        await SeenAndWholeAgainAsync(platform, fault, "40 connections reached the server");
        await EventuallyAsync(async () => (await platform.Toxiproxy.GetStatisticsAsync(Link, Cancellation)).Open == 0, "the flood is gone");
    }

    [Fact]
    public async Task A_flood_ends_when_somebody_else_undoes_it_by_its_record()
    {
        await using var upstream = new Upstream();
        await using var platform = await StartAsync();
        await platform.LinkAsync(Link, upstream);
        await platform.InjectAsync("link.flood", Link, null, ("connections", "20"));

        await FaultJournal.HealAsync(platform, HealScope.All, Cancellation);

        await EventuallyAsync(async () => (await platform.Toxiproxy.GetStatisticsAsync(Link, Cancellation)).Open == 0, "the flood is gone");
    }

    [Theory]
    [InlineData("http.delay", "delay=200ms", "pieces of requests, the latest by [2-9][0-9]{2} ms")]
    [InlineData("http.status", "status=503", "were answered in the server's place")]
    [InlineData("http.wrong-content-type", "type=application/pdf", "were answered in the server's place")]
    [InlineData("http.huge-header", "bytes=20000", "were answered in the server's place")]
    [InlineData("http.retry-after", "seconds=0", "were answered in the server's place")]
    [InlineData("http.abort", "", "connections were reset at a request")]
    [InlineData("http.truncate", "bytes=2", "answers broken off")]
    public async Task Requests_over_http_are_seen_to_be_disturbed(string type, string parameters, string seen)
    {
        await using var upstream = new Upstream(AnswerHttpAsync);
        await using var platform = await StartAsync();
        var link = await platform.LinkAsync("gateway-to-notes-1", upstream);
        using var client = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = new Uri($"http://{link.Listen}") };
        using var ended = new CancellationTokenSource();
        var traffic = KeepAskingAsync(client, ended.Token);

        var sets = parameters.Split('=', StringSplitOptions.RemoveEmptyEntries);
        var fault = await platform.InjectAsync(type, "gateway-to-notes-1", null, [.. sets.Length == 2 ? [(sets[0], sets[1])] : Array.Empty<(string, string)>(), ("path", "/v1/*")]);
        await SeenAndWholeAgainAsync(platform, fault, seen);

        await ended.CancelAsync();
        await traffic;
        Assert.Equal("hello", await client.GetStringAsync(new Uri("/v1/x", UriKind.Relative), Cancellation));
    }

    private static async Task SeenAndWholeAgainAsync(PlatformUnderTest platform, InjectedFault fault, string seen)
    {
        Assert.True(fault.Receipt.Observed, string.Join("; ", fault.Receipt.Observations));
        Assert.Matches(seen, Assert.Single(fault.Receipt.Observations));
        await fault.UndoAsync(Cancellation);
        Assert.Empty(platform.UndoRecords());
        Assert.All((await platform.Toxiproxy.ListAsync(Cancellation)).Values, l => Assert.True(l.Enabled && l.Toxics.Count == 0));
    }

    private static async Task KeepEchoingAsync(Socket socket, CancellationToken ended)
    {
        byte[] data = new byte[256];
        try
        {
            while (!ended.IsCancellationRequested)
            {
                await socket.SendAsync(data, ended);
                for (int left = data.Length; left > 0;)
                {
                    int received = await socket.ReceiveAsync(data, ended);
                    if (received == 0)
                    {
                        return;
                    }

                    left -= received;
                }
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut, or told to stop.
        }
    }

    private static async Task KeepAskingAsync(HttpClient client, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await client.GetStringAsync(new Uri("/v1/x", UriKind.Relative), ended);
                await Task.Delay(5, ended);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException or HttpIOException)
            {
                // What the fault is there for.
            }
        }
    }

    private static async Task AnswerHttpAsync(Socket socket)
    {
        byte[] buffer = new byte[4096];
        int at = 0;
        while (await socket.ReceiveAsync(buffer.AsMemory(at)) is > 0 and int length)
        {
            at += length;
            bool isHead = buffer.AsSpan(0, 4).SequenceEqual("HEAD"u8);
            if (buffer.AsSpan(0, at).IndexOf("\r\n\r\n"u8) >= 0)
            {
                at = 0;
                await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (isHead ? "" : "hello")));
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        for (long start = Stopwatch.GetTimestamp(); !await condition();)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), $"still not so after 10 s: {what}");
            await Task.Delay(10, Cancellation);
        }
    }
}

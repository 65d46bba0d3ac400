using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.Chaos.Proxy;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>A running fault proxy, reached as its users reach it: by HTTP and by TCP.</summary>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    private readonly ToxiproxyServer _server;

    private ProxyUnderTest(ToxiproxyServer server)
    {
        _server = server;
        Http = new HttpClient { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(20) };
        Client = new ToxiproxyClient(Http);
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public HttpClient Http { get; }

    public ToxiproxyClient Client { get; }

    public static Task<ProxyUnderTest> StartAsync(ulong seed = 1, string? config = null) =>
        StartAsync(new ToxiproxyOptions { Seed = seed, ConfigFile = config, ProxyMetrics = true });

    public static async Task<ProxyUnderTest> StartAsync(ToxiproxyOptions options) =>
        new(await ToxiproxyServer.StartAsync(options with { Port = 0, LogLevel = LogLevel.Warning }, Cancellation));

    public Task<ProxyDocument> CreateLinkAsync(Upstream upstream, params ToxicDocument[] toxics) => CreateLinkAsync("link", upstream.Address, toxics);

    public Task<ProxyDocument> CreateLinkAsync(string name, string upstream, params ToxicDocument[] toxics) => Client.CreateAsync(
        new ProxyDocument { Name = name, Listen = "127.0.0.1:0", Upstream = upstream, Toxics = toxics }, Cancellation);

    public Task<ToxicDocument> AddAsync(string type, string stream = "downstream", double toxicity = 1, params (string Name, AttributeValue Value)[] attributes) =>
        Client.AddToxicAsync("link", Toxic(type, stream, toxicity, attributes), Cancellation);

    public Task<ProxyStatisticsDocument> StatisticsAsync() => Client.GetStatisticsAsync("link", Cancellation);

    /// <summary>Waits, with a bound, until the statistics say what is expected.</summary>
    public async Task<ProxyStatisticsDocument> StatisticsWhenAsync(Func<ProxyStatisticsDocument, bool> expected)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            var statistics = await StatisticsAsync();
            if (expected(statistics) || Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(5))
            {
                Assert.True(expected(statistics), $"still not so after 5 s: {statistics}");
                return statistics;
            }

            await Task.Delay(5, Cancellation);
        }
    }

    public ValueTask StopServerAsync() => _server.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _server.DisposeAsync();
    }

    public static ToxicDocument Toxic(string type, string stream = "downstream", double toxicity = 1, params (string Name, AttributeValue Value)[] attributes) => new()
    {
        Type = type,
        Stream = stream,
        Toxicity = toxicity,
        Attributes = attributes.ToDictionary(a => a.Name, a => a.Value),
    };

    public static async Task<Socket> ConnectAsync(string address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(address), Cancellation);
        return socket;
    }

    public static async Task SayAsync(Socket socket, string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text), Cancellation);

    /// <summary>Reads exactly so many bytes.</summary>
    public static async Task<string> HearAsync(Socket socket, int bytes)
    {
        byte[] buffer = new byte[bytes];
        for (int have = 0; have < bytes;)
        {
            int length = await socket.ReceiveAsync(buffer.AsMemory(have), Cancellation);
            Assert.True(length > 0, $"the connection ended after {have} of {bytes} bytes");
            have += length;
        }

        return Encoding.UTF8.GetString(buffer);
    }

    /// <summary>Sends and waits for the echo; returns how long that took.</summary>
    public static async Task<TimeSpan> EchoAsync(Socket socket, string text)
    {
        long start = Stopwatch.GetTimestamp();
        await SayAsync(socket, text);
        Assert.Equal(text, await HearAsync(socket, text.Length));
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>As Assert.Equal, but at once for megabytes.</summary>
    public static void AssertSame(byte[] expected, byte[] actual)
    {
        int same = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(same == expected.Length && same == actual.Length, $"{actual.Length} bytes came for {expected.Length}, the first {same} as sent");
    }

    /// <summary>Everything up to the end of the stream; fails on RST.</summary>
    public static async Task<byte[]> HearAllAsync(Socket socket)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer, Cancellation) is > 0 and int length)
        {
            all.Write(buffer, 0, length);
        }

        return all.ToArray();
    }
}

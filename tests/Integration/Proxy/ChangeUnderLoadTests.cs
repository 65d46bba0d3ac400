using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Alone, since it measures: what the proxy itself takes for a change of toxics while every connection is busy (Server-Timing of its answers).</summary>
[CollectionDefinition(nameof(ChangeUnderLoadTests), DisableParallelization = true)]
[Collection(nameof(ChangeUnderLoadTests))]
public sealed class ChangeUnderLoadTests
{
    private const int Connections = 60;

    [Fact]
    public async Task Changing_toxics_under_full_load_never_takes_over_100_ms()
    {
        await using var upstream = new Upstream();
        await using var proxy = await StartAsync();
        var link = await proxy.CreateLinkAsync(upstream);
        using var stop = new CancellationTokenSource();
        var load = await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            var socket = await ConnectAsync(link.Listen);
            return (Socket: socket, Sending: SendAsync(socket, stop.Token), Hearing: HearAsync(socket));
        }));
        List<double> milliseconds = [];

        for (int round = 0; round < 20; round++)
        {
            long before = (await proxy.StatisticsAsync()).Downstream.SentBytes;
            foreach (string stream in (string[])["upstream", "downstream"])
            {
                await ChangeAsync(HttpMethod.Post, "proxies/link/toxics", new { name = "late", type = "latency", stream, attributes = new { latency = 2 } });
                await ChangeAsync(HttpMethod.Patch, "proxies/link/toxics/late", new { toxicity = 0.5, attributes = new { latency = 1 } });
                await ChangeAsync(HttpMethod.Delete, "proxies/link/toxics/late", null);
            }

            await proxy.StatisticsWhenAsync(s => s.Downstream.SentBytes > before);
        }

        await stop.CancelAsync();
        foreach (var (socket, sending, hearing) in load)
        {
            await sending;
            socket.Shutdown(SocketShutdown.Send);
            await hearing;
            socket.Dispose();
        }

        Assert.True(milliseconds.Max() <= 100, $"one of {milliseconds.Count} changes took {milliseconds.Max():0.0} ms");

        async Task ChangeAsync(HttpMethod method, string path, object? body)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            using var response = await proxy.Http.SendAsync(request, Cancellation);
            response.EnsureSuccessStatusCode();
            milliseconds.Add(double.Parse(response.Headers.GetValues("Server-Timing").Single()["total;dur=".Length..], CultureInfo.InvariantCulture));
        }
    }

    private static async Task SendAsync(Socket socket, CancellationToken stop)
    {
        byte[] bytes = new byte[64 * 1024];
        while (!stop.IsCancellationRequested)
        {
            await socket.SendAsync(bytes, Cancellation);
        }
    }

    private static async Task HearAsync(Socket socket)
    {
        byte[] bytes = new byte[64 * 1024];
        while (await socket.ReceiveAsync(bytes, Cancellation) > 0)
        {
        }
    }
}

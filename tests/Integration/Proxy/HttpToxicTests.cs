using System.Diagnostics;
using System.Net;
using System.Text;
using Back2Code.Chaos.Proxy;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static Back2Code.IntegrationTests.Proxy.ProxyUnderTest;

namespace Back2Code.IntegrationTests.Proxy;

/// <summary>Toxics that know HTTP, between a real client and a real server, on connections that are kept and used again.</summary>
public sealed class HttpToxicTests : IAsyncLifetime
{
    private int _seenByServer;
    private WebApplication _server = null!;
    private ProxyUnderTest _proxy = null!;
    private HttpClient _http = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.MapGet("/big", () => Results.Bytes(Encoding.ASCII.GetBytes(Count(new string('x', 10_000)))));
        _server.MapGet("/hello", () => Count("hello"));
        _server.MapPost("/echo", async (HttpRequest request) => Count(await new StreamReader(request.Body).ReadToEndAsync()));
        await _server.StartAsync(Cancellation);
        _proxy = await StartAsync();
        var link = await _proxy.CreateLinkAsync("link", new Uri(_server.Urls.First()).Authority);
        _http = new HttpClient { BaseAddress = new Uri($"http://{link.Listen}"), Timeout = TimeSpan.FromSeconds(20) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _proxy.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_status_is_answered_for_its_path_and_the_server_does_not_see_the_request()
    {
        Assert.Equal("hello", await _http.GetStringAsync("hello?a=1", Cancellation));
        await _proxy.AddAsync("http_status", attributes: [("status", 418), ("path", "/hello")]);

        using var meant = await _http.GetAsync("hello?a=1", Cancellation);
        string other = await _http.GetStringAsync("big", Cancellation);

        Assert.Equal(418, (int)meant.StatusCode);
        Assert.Equal("answered by the fault proxy\n", await meant.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(10_000, other.Length);
        Assert.Equal(2, _seenByServer);

        // All on one connection: what was swallowed left no trace on it.
        Assert.Equal(1, (await _proxy.StatisticsAsync()).Opened);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_of_a_request_that_is_answered_for_the_server_is_swallowed_whole(bool chunked)
    {
        await _proxy.AddAsync("http_status", attributes: [("method", "post"), ("path", "/ec*")]);

        for (int i = 0; i < 3; i++)
        {
            using var response = await PostAsync(TrafficText(200_000), chunked);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        }

        Assert.Equal("hello", await _http.GetStringAsync("hello", Cancellation));
        Assert.Equal(1, _seenByServer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_that_are_not_meant_pass_untouched(bool chunked)
    {
        await _proxy.AddAsync("http_status", attributes: ("path", "/nowhere"));

        for (int i = 0; i < 5; i++)
        {
            string sent = TrafficText(100_000 + i);
            using var response = await PostAsync(sent, chunked);
            Assert.Equal(sent, await response.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal(1, (await _proxy.StatisticsAsync()).Opened);
    }

    [Fact]
    public async Task A_delay_holds_back_only_the_requests_it_means()
    {
        await _proxy.AddAsync("http_delay", attributes: [("delay", 200), ("path", "/hello")]);
        var other = await Timed.BestOfThreeAsync(() => TimeAsync("big"));
        var meant = await TimeAsync("hello");
        await _proxy.Client.RemoveToxicAsync("link", "http_delay_downstream", Cancellation);
        var after = await Timed.BestOfThreeAsync(() => TimeAsync("hello"));

        Assert.InRange(meant.TotalMilliseconds, 200, 5_000);
        Assert.True(other < TimeSpan.FromMilliseconds(190) && after < TimeSpan.FromMilliseconds(190), $"others took {other} and {after}");
    }

    [Fact]
    public async Task An_abort_resets_the_connection_before_the_server_sees_the_request()
    {
        await _proxy.AddAsync("http_abort", attributes: ("method", "POST"));
        Assert.Equal("hello", await _http.GetStringAsync("hello", Cancellation));

        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync("never seen", chunked: false));

        Assert.Equal(1, _seenByServer);
        Assert.True((await _proxy.StatisticsWhenAsync(s => s.Open == 0)).Reset >= 1);
    }

    [Fact]
    public async Task A_truncated_answer_breaks_off_in_its_body()
    {
        await _proxy.AddAsync("http_truncate", attributes: [("bytes", 1_000), ("path", "/big")]);
        Assert.Equal("hello", await _http.GetStringAsync("hello", Cancellation));

        using var response = await _http.GetAsync("big", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        byte[] buffer = new byte[20_000];
        int read = 0;
        var e = await Assert.ThrowsAsync<HttpIOException>(async () =>
        {
            for (int length = 1; length > 0; read += length)
            {
                length = await body.ReadAsync(buffer.AsMemory(read), Cancellation);
            }
        });

        Assert.Equal((HttpStatusCode.OK, 1_000), (response.StatusCode, read));
        Assert.Equal(HttpRequestError.ResponseEnded, e.HttpRequestError);
    }

    [Fact]
    public async Task A_share_of_requests_is_meant()
    {
        await _proxy.AddAsync("http_status", attributes: ("percent", 30));

        int failed = 0;
        for (int i = 0; i < 200; i++)
        {
            using var response = await _http.GetAsync("hello", Cancellation);
            failed += response.IsSuccessStatusCode ? 0 : 1;
        }

        Assert.InRange(failed, 35, 90);
        Assert.Equal(200 - failed, _seenByServer);
    }

    [Fact]
    public async Task What_is_not_HTTP_passes_as_it_is()
    {
        await using var upstream = new Upstream();
        await _proxy.Client.CreateAsync(
            new ProxyDocument { Name = "raw", Listen = "127.0.0.1:0", Upstream = upstream.Address, Toxics = [Toxic("http_status"), Toxic("http_truncate", "upstream")] }, Cancellation);
        var raw = await _proxy.Client.FindAsync("raw", Cancellation);
        using var socket = await ConnectAsync(raw!.Listen);

        await EchoAsync(socket, "\u0016\u0003\u0001 hello");
        await EchoAsync(socket, "EHLO mail\r\n\r\n");
        await EchoAsync(socket, "GET / HTTP/1.1\r\n\r\n");
    }

    [Fact]
    public async Task Taking_the_toxic_off_passes_on_the_part_of_a_head_that_it_held()
    {
        await using var upstream = new Upstream();
        await _proxy.Client.CreateAsync(
            new ProxyDocument { Name = "raw", Listen = "127.0.0.1:0", Upstream = upstream.Address, Toxics = [Toxic("http_delay")] }, Cancellation);
        var raw = await _proxy.Client.FindAsync("raw", Cancellation);
        using var socket = await ConnectAsync(raw!.Listen);
        await SayAsync(socket, "GET / HT");

        await _proxy.Client.RemoveToxicAsync("raw", "http_delay_downstream", Cancellation);

        Assert.Equal("GET / HT", await HearAsync(socket, 8));
    }

    private static string TrafficText(int length) => new(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))).ToArray());

    private async Task<HttpResponseMessage> PostAsync(string text, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "echo") { Content = new StringContent(text, Encoding.ASCII) };
        request.Headers.TransferEncodingChunked = chunked;
        return await _http.SendAsync(request, Cancellation);
    }

    private async Task<TimeSpan> TimeAsync(string path)
    {
        long start = Stopwatch.GetTimestamp();
        await _http.GetStringAsync(path, Cancellation);
        return Stopwatch.GetElapsedTime(start);
    }

    private string Count(string answer)
    {
        Interlocked.Increment(ref _seenByServer);
        return answer;
    }
}

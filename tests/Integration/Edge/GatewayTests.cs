using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;

namespace Back2Code.IntegrationTests.Edge;

/// <summary>The shipped HAProxy configuration on a real HAProxy.</summary>
public sealed class GatewayTests(GatewayFixture fixture) : IClassFixture<GatewayFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("localhost", SslProtocols.Tls12)]
    [InlineData("127.0.0.1", SslProtocols.Tls13)]
    public async Task Who_trusts_the_authority_gets_through_by_TLS_and_is_told_to_keep_to_it(string host, SslProtocols protocol)
    {
        using var http = fixture.Trusting(protocol);

        using var answer = await http.GetAsync(new Uri($"https://{host}:{fixture.Gateway.TlsPort}/v1/notes"), Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("max-age=31536000", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
        Assert.Contains("x-forwarded-proto: https\n", await answer.Content.ReadAsStringAsync(Cancellation) + "\n", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Who_does_not_trust_the_authority_does_not_get_through()
    {
        using var http = new HttpClient();

        var e = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"https://localhost:{fixture.Gateway.TlsPort}/v1/notes"), Cancellation));

        Assert.IsType<AuthenticationException>(e.InnerException);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task TLS_before_1_2_is_refused(byte minor)
    {
        // Written by hand: the library of this machine may not speak it any more, and then the refusal would be its own.
        byte[] hello = [3, minor, .. RandomNumberGenerator.GetBytes(32), 0, 0, 4, 0xC0, 0x09, 0xC0, 0x0A, 1, 0];
        byte[] handshake = [1, 0, 0, (byte)hello.Length, .. hello];
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, fixture.Gateway.TlsPort, Cancellation);

        await client.GetStream().WriteAsync((byte[])[22, 3, 1, 0, (byte)handshake.Length, .. handshake], Cancellation);
        byte[] answer = new byte[7];
        await client.GetStream().ReadExactlyAsync(answer, Cancellation);

        // A fatal alert (RFC 5246, section 7.2): protocol_version is 70.
        Assert.Equal((21, 2, 70), (answer[0], answer[5], answer[6]));
    }

    [Fact]
    public async Task The_plain_port_says_nothing_of_TLS_and_hides_what_a_client_says_of_it()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, Plain("/v1/notes"));
        request.Headers.Add("X-Forwarded-Proto", "https");

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.Contains("x-forwarded-proto: http\n", await answer.Content.ReadAsStringAsync(Cancellation) + "\n", StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("/v1/notes", 200)]
    [InlineData("/nowhere", 404)]
    public async Task Every_answer_carries_the_security_headers_and_names_no_software(string path, int status)
    {
        using var http = new HttpClient();

        using var answer = await http.GetAsync(Plain(path), Cancellation);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));

        // The service here is a Kestrel that does name itself.
        Assert.Empty(answer.Headers.Server);
    }

    [Fact]
    public async Task What_a_page_says_of_itself_stands()
    {
        using var http = new HttpClient();

        using var answer = await http.GetAsync(Plain("/sign-in"), Cancellation);

        Assert.Equal("default-src 'self'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
    }

    [Theory]
    [InlineData("body", 413, "body-too-large")]
    [InlineData("address", 414, "address-too-long")]
    [InlineData("header", 431, "headers-too-large")]
    [InlineData("nothing", 200, "")]
    public async Task What_is_too_large_is_a_problem_and_never_reaches_a_service(string what, int status, string type)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, Plain("/v1/notes" + (what == "address" ? "?q=" + new string('a', 8_000) : "")));
        request.Content = new ByteArrayContent(new byte[what == "body" ? 1_048_577 : 1_000]);
        if (what == "header")
        {
            request.Headers.Add("X-Long", new string('a', 32_000));
        }

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(type, await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST /v1/notes HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf a bo", "urn:back2code:problem:request-timeout")]

    // Before there is a whole header, HAProxy 2.6 has no request and takes its own words.
    [InlineData("GET /v1/notes HTTP/1.1\r\nHost: x\r\nX-Half: ", "408 Request Time-out")]
    public async Task A_request_that_is_not_complete_in_five_seconds_is_408(string half, string words)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, fixture.Gateway.Port, Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(half), Cancellation);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        string answer = await reader.ReadToEndAsync(limit.Token);

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains(words, answer, StringComparison.Ordinal);
        Assert.DoesNotContain("haproxy", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_is_not_HTTP_is_400_and_never_reaches_a_service()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, fixture.Gateway.Port, Cancellation);
        await client.GetStream().WriteAsync("GET /v1/notes HTTP/1.1\r\nHo st: x\r\n\r\n"u8.ToArray(), Cancellation);

        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        string answer = await reader.ReadToEndAsync(Cancellation);

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("haproxy", answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Fifteen_hundred_half_sent_requests_of_one_address_keep_nobody_out()
    {
        // The gateway takes a thousand connections: without a limit for each address these would have them all, for five seconds.
        List<Socket> slow = [];
        try
        {
            for (int i = 0; i < 1_500; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                slow.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await HalfSendAsync(socket, fixture.Gateway.Port);
            }

            using var http = new HttpClient();
            List<double> seconds = [];
            for (int i = 0; i < 20; i++)
            {
                long start = Stopwatch.GetTimestamp();
                using var request = new HttpRequestMessage(HttpMethod.Get, Plain("/v1/notes"));
                request.Headers.ConnectionClose = true;
                using var answer = await http.SendAsync(request, Cancellation);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }

            Assert.True(seconds.Max() < 1, $"the slowest of twenty requests took {seconds.Max():0.00} s");
            Assert.InRange(slow.Count(IsOpen), 1, 200);
        }
        finally
        {
            slow.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task HalfSendAsync(Socket socket, int port)
    {
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, Cancellation);
            await socket.SendAsync("GET /v1/notes HTTP/1.1\r\nHost: x\r\n"u8.ToArray(), Cancellation);
        }
        catch (SocketException)
        {
            // Hung up on already.
        }
    }

    /// <summary>Whether the gateway still waits for the rest of it.</summary>
    private static bool IsOpen(Socket socket)
    {
        try
        {
            return socket.Connected && !socket.Poll(0, SelectMode.SelectRead);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Uri Plain(string path) => new($"http://127.0.0.1:{fixture.Gateway.Port}{path}");
}

using System.Net;
using System.Net.Sockets;
using System.Text;
using Back2Code.IntegrationTests.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Back2Code.IntegrationTests.Edge;

/// <summary>What a service does for its own protection, without a gateway in front.</summary>
public sealed class ServiceEdgeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/page", HttpStatusCode.OK)]
    [InlineData("/broken", HttpStatusCode.InternalServerError)]
    [InlineData("/me", HttpStatusCode.Unauthorized)]
    [InlineData("/nowhere", HttpStatusCode.NotFound)]
    [InlineData("/health/live", HttpStatusCode.OK)]
    public async Task Every_answer_carries_the_security_headers(string path, HttpStatusCode status)
    {
        await using var service = await StartAsync();

        using var answer = await service.Client.GetAsync(path, Cancellation);

        Assert.Equal(status, answer.StatusCode);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
        Assert.Empty(answer.Headers.Server);
    }

    [Fact]
    public async Task What_a_page_says_of_itself_stands()
    {
        await using var service = await StartAsync();

        using var answer = await service.Client.GetAsync("/own", Cancellation);

        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        Assert.Equal("default-src 'self'", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")));
    }

    [Fact]
    public async Task Without_a_list_no_other_site_is_let_in()
    {
        await using var service = await StartAsync();

        using var preflight = await PreflightAsync(service, "https://app.example.com");
        using var answer = await FromAsync(service, "https://app.example.com");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, preflight.StatusCode);
        Assert.DoesNotContain(preflight.Headers.Concat(answer.Headers), header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Sites_on_the_list_are_let_in_without_cookies_and_others_are_not()
    {
        await using var service = await StartAsync(new KeyValuePair<string, string?>("Cors:AllowedOrigins:0", "https://app.example.com"));

        using var preflight = await PreflightAsync(service, "https://app.example.com");
        using var answer = await FromAsync(service, "https://app.example.com");
        using var other = await FromAsync(service, "https://evil.example.com");

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Contains("Authorization", string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("https://app.example.com", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task An_origin_with_a_wildcard_ends_the_start()
    {
        var e = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(new KeyValuePair<string, string?>("Cors:AllowedOrigins:0", "*")));

        Assert.Contains("is not an origin", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_408()
    {
        await using var service = await StartAsync(new KeyValuePair<string, string?>("Service:RequestBodyGrace", "00:00:02"));

        string answer = await ExchangeAsync(service, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"a\":");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("urn:back2code:problem:request-timeout", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_above_the_limit_is_431()
    {
        await using var service = await StartAsync(new KeyValuePair<string, string?>("Service:MaxRequestHeaderBytes", "2048"));

        string answer = await ExchangeAsync(service, $"GET /page HTTP/1.1\r\nHost: x\r\nX-Long: {new string('a', 3000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    private static Task<TestService> StartAsync(params KeyValuePair<string, string?>[] settings) => TestService.StartAsync(
        map: static app =>
        {
            app.MapGet("/page", () => Results.Text("hello")).AllowAnonymous();
            app.MapGet("/broken", IResult () => throw new InvalidOperationException("broken")).AllowAnonymous();
            app.MapGet("/own", (HttpContext http) =>
            {
                http.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
                http.Response.Headers["Referrer-Policy"] = "same-origin";
                return Results.Text("hello");
            }).AllowAnonymous();
            app.MapPost("/echo", (Dictionary<string, string> body) => body).AllowAnonymous();
        },
        settings: settings);

    private static async Task<HttpResponseMessage> PreflightAsync(TestService service, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/page");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "authorization");
        return await service.Client.SendAsync(request, Cancellation);
    }

    private static async Task<HttpResponseMessage> FromAsync(TestService service, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/page");
        request.Headers.Add("Origin", origin);
        return await service.Client.SendAsync(request, Cancellation);
    }

    /// <summary>Sends a text as it is and reads until the service hangs up or has said its piece.</summary>
    private static async Task<string> ExchangeAsync(TestService service, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, service.Client.BaseAddress!.Port, Cancellation);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancellation);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(limit.Token);
    }
}

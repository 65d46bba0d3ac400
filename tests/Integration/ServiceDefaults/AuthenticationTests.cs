using System.Net;
using System.Net.Http.Headers;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using Microsoft.AspNetCore.Builder;

namespace Back2Code.IntegrationTests.ServiceDefaults;

public sealed class AuthenticationTests : IAsyncLifetime
{
    private TestService _service = null!;

    public async ValueTask InitializeAsync() => _service = await TestService.StartAsync();

    public async ValueTask DisposeAsync() => await _service.DisposeAsync();

    [Fact]
    public async Task A_good_token_makes_the_subject_the_current_user()
    {
        for (var i = 0; i < 3; i++)
        {
            var response = await _service.Client.SendAsync(_service.Authorized(HttpMethod.Get, "/me"));

            Assert.Equal("ada", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Without_a_token_the_answer_is_401_with_a_bare_challenge()
    {
        var response = await _service.Client.GetAsync("/me");

        var problem = await Problem.ReadAsync(response);
        Assert.Equal((401, "unauthenticated"), (problem.Status, problem.Type));
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task A_bad_token_is_401_and_the_challenge_says_why()
    {
        var token = _service.Token();
        var response = await _service.Client.SendAsync(_service.Authorized(HttpMethod.Get, "/me", token[..^4] + "AAAA"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var challenge = Assert.Single(response.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", challenge.Scheme);
        Assert.Contains("error=\"invalid_token\"", challenge.Parameter, StringComparison.Ordinal);
        Assert.Equal("unauthenticated", (await Problem.ReadAsync(response)).Type);
    }

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer a.b.c")]
    [InlineData("Bearer a.b.c d")]
    public async Task Any_other_credentials_are_401(string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me");
        request.Headers.TryAddWithoutValidation("Authorization", header);

        Assert.Equal(HttpStatusCode.Unauthorized, (await _service.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task A_new_key_in_the_file_is_known_at_once_and_the_old_one_is_forgotten()
    {
        var oldToken = _service.Token();
        Assert.Equal(HttpStatusCode.OK, (await _service.Client.SendAsync(_service.Authorized(HttpMethod.Get, "/me", oldToken))).StatusCode);
        using var next = TokenSigner.CreateInMemory();
        await File.WriteAllTextAsync(_service.JwksPath + ".new", next.JsonWebKeySet + "\n");
        File.Move(_service.JwksPath + ".new", _service.JwksPath, overwrite: true);
        var newToken = next.Sign("bob", TimeSpan.FromMinutes(1), TestService.Issuer, TestService.Audience, TimeProvider.System);

        var withNew = await _service.Client.SendAsync(_service.Authorized(HttpMethod.Get, "/me", newToken));
        var withOld = await _service.Client.SendAsync(_service.Authorized(HttpMethod.Get, "/me", oldToken));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (withNew.StatusCode, withOld.StatusCode));
    }

    [Fact]
    public async Task Without_any_keys_the_answer_is_503_not_401()
    {
        await using var keyless = await TestService.StartAsync(settings: [new("Authentication:JwksPath", _service.JwksPath + ".absent")]);

        var response = await keyless.Client.SendAsync(keyless.Authorized(HttpMethod.Get, "/me"));

        Assert.Equal("dependency-unavailable", (await Problem.ReadAsync(response)).Type);
        Assert.NotNull(response.Headers.RetryAfter);
        // An endpoint that asks for no token does not care.
        Assert.Equal(HttpStatusCode.OK, (await keyless.Client.SendAsync(keyless.Authorized(HttpMethod.Get, "/health/live"))).StatusCode);
    }

    [Fact]
    public async Task A_service_that_starts_while_the_issuer_is_away_validates_with_the_keys_that_it_knew_last()
    {
        var issuer = await TestService.StartAsync(map: app => app.MapGet("/jwks", () => File.ReadAllText(_service.JwksPath)));
        KeyValuePair<string, string?>[] remote = [new("Authentication:JwksPath", ""), new("Authentication:JwksUri", $"{issuer.Client.BaseAddress}jwks")];
        KeyValuePair<string, string?>[] keeping = [.. remote, new("Authentication:JwksCachePath", _service.JwksPath + ".kept")];
        await using (var before = await TestService.StartAsync(settings: keeping))
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(before));
        }

        await issuer.DisposeAsync();
        await using var after = await TestService.StartAsync(settings: keeping);
        await using var without = await TestService.StartAsync(settings: remote);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (await AskAsync(after), await AskAsync(without)));

        async Task<HttpStatusCode> AskAsync(TestService service) =>
            (await service.Client.SendAsync(service.Authorized(HttpMethod.Get, "/me", _service.Token()))).StatusCode;
    }

    [Fact]
    public async Task A_missing_permission_is_403_and_is_named()
    {
        await using var service = await TestService.StartAsync(map: static app =>
        {
            var items = app.MapGroup("/items").RequirePermission("items:read");
            items.MapPost("", () => "done").RequirePermission("items:write");
        });

        async Task<HttpResponseMessage> PostAsync(string scope) => await service.Client.SendAsync(service.Authorized(HttpMethod.Post, "/items", service.Token(scope: scope)));
        var reader = await PostAsync("openid items:read");
        var stranger = await PostAsync("openid");
        var writer = await PostAsync("items:*");

        var problem = await Problem.ReadAsync(reader);
        Assert.Equal((403, "forbidden", "The access token is good but does not allow this: it lacks items:write."), (problem.Status, problem.Type, problem.Detail));
        Assert.Equal("Bearer error=\"insufficient_scope\", scope=\"items:write\"", reader.Headers.WwwAuthenticate.ToString());
        Assert.Equal("Bearer error=\"insufficient_scope\", scope=\"items:read items:write\"", stranger.Headers.WwwAuthenticate.ToString());
        Assert.Equal(HttpStatusCode.OK, writer.StatusCode);
    }

    [Fact]
    public async Task The_current_user_has_a_client_and_permissions()
    {
        await using var service = await TestService.StartAsync(map: static app =>
            app.MapGet("/whoami", (CurrentUser user) => $"{user.Id} {user.Client} {user.Permissions.Allows("jobs:write")} {user.Permissions.Allows("notes:write")}").RequireAuthorization());

        var response = await service.Client.SendAsync(service.Authorized(HttpMethod.Get, "/whoami", service.Token(scope: "jobs:*")));

        Assert.Equal("ada back2code True False", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Two_authorization_headers_are_refused()
    {
        using var tcp = new System.Net.Sockets.TcpClient();
        await tcp.ConnectAsync(_service.Client.BaseAddress!.Host, _service.Client.BaseAddress.Port);
        await using var stream = tcp.GetStream();
        var token = _service.Token();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET /me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);

        Assert.StartsWith("HTTP/1.1 401", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }
}

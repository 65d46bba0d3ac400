using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class TokenEndpointTests(IdentityFixture services)
{
    private const string Exchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";

    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "jobs:* notes:read")]
    [InlineData("notes:read", "notes:read")]
    [InlineData("*:write", "jobs:write")]
    [InlineData("jobs:read slos:read", "jobs:read")]
    public async Task A_client_gets_what_it_asks_for_and_may_have(string scope, string granted)
    {
        var client = await CreateWorkerAsync();

        using var response = await _identity.TokenAsync(client, "client_credentials", ("scope", scope));

        var tokens = await response.JsonAsync();
        Assert.Equal(granted, tokens.Text("scope"));
        Assert.Equal(600, tokens.GetProperty("expires_in").GetInt32());
        Assert.False(tokens.TryGetProperty("refresh_token", out _));
        Assert.Equal(client.Id, tokens.Text("access_token").Claims().Text("sub"));
    }

    [Theory]
    [InlineData("slos:read")]
    [InlineData("root")]
    public async Task A_client_that_may_have_nothing_of_it_gets_nothing(string scope)
    {
        var client = await CreateWorkerAsync();

        using var response = await _identity.TokenAsync(client, "client_credentials", ("scope", scope));

        await response.IsOAuthErrorAsync("invalid_scope");
    }

    [Fact]
    public async Task Secrets_come_in_the_header_or_in_the_form_but_not_in_both()
    {
        var client = await CreateWorkerAsync();
        (string, string)[] post = [("client_id", client.Id), ("client_secret", client.Secret!)];

        using var form = await PostRawAsync([("grant_type", "client_credentials"), .. post]);
        using var both = await _identity.TokenAsync(client, "client_credentials", post);
        using var wrong = await _identity.TokenAsync(client with { Secret = "wrong" }, "client_credentials");
        using var wrongForm = await PostRawAsync([("grant_type", "client_credentials"), ("client_id", client.Id), ("client_secret", "wrong")]);
        using var without = await PostRawAsync([("grant_type", "client_credentials"), ("client_id", client.Id)]);
        using var nobody = await PostRawAsync([("grant_type", "client_credentials")]);
        using var unknown = await _identity.TokenAsync(new("nobody", "wrong"), "client_credentials");

        Assert.Equal(HttpStatusCode.OK, form.StatusCode);
        await both.IsOAuthErrorAsync("invalid_request");
        await wrong.IsOAuthErrorAsync("invalid_client", 401);
        Assert.Equal("Basic", wrong.Headers.WwwAuthenticate.Single().Scheme);
        await wrongForm.IsOAuthErrorAsync("invalid_client", 401);
        await without.IsOAuthErrorAsync("invalid_client", 401);
        await nobody.IsOAuthErrorAsync("invalid_client", 401);
        await unknown.IsOAuthErrorAsync("invalid_client", 401);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!!")]
    [InlineData("Basic bm9jb2xvbg==")]
    [InlineData("Basic Og==")]
    [InlineData("Bearer abc")]
    public async Task A_malformed_header_authenticates_nobody(string header)
    {
        using var http = _identity.Anonymous();
        using HttpRequestMessage request = new(HttpMethod.Post, "/oauth2/token") { Content = Form([("grant_type", "client_credentials")]) };
        request.Headers.TryAddWithoutValidation("Authorization", header);

        using var response = await http.SendAsync(request, Cancellation);

        await response.IsOAuthErrorAsync("invalid_client", 401);
    }

    [Theory]
    [InlineData("password", "unsupported_grant_type")]
    [InlineData("implicit", "unsupported_grant_type")]
    [InlineData("authorization_code", "unauthorized_client")]
    [InlineData("refresh_token", "unauthorized_client")]
    [InlineData(Exchange, "unauthorized_client")]
    [InlineData("", "invalid_request")]
    public async Task A_grant_that_is_not_there_or_not_the_clients_is_refused(string grant, string error)
    {
        using var response = await _identity.TokenAsync(await CreateWorkerAsync(), grant);

        await response.IsOAuthErrorAsync(error);
    }

    [Fact]
    public async Task Only_a_form_of_a_reasonable_size_with_each_parameter_once_is_read()
    {
        using var http = _identity.Anonymous();

        using var json = await http.PostAsync("/oauth2/token", JsonContent.Create(new { grant_type = "client_credentials" }), Cancellation);
        using var twice = await PostRawAsync([("grant_type", "client_credentials"), ("scope", "a"), ("scope", "b")]);
        using var control = await PostRawAsync([("grant_type", "client_credentials"), ("scope", "a\0b")]);
        using var many = await PostRawAsync([.. Enumerable.Range(0, 100).Select(static n => ($"p{n}", "x"))]);
        using var longOne = await PostRawAsync([("scope", new string('x', 20_000))]);
        using var large = await PostRawAsync([("a", new string('x', 15_000)), ("b", new string('x', 15_000)), ("c", new string('x', 15_000)), ("d", new string('x', 15_000)), ("e", new string('x', 15_000))]);
        using var get = await http.GetAsync("/oauth2/token?grant_type=client_credentials", Cancellation);

        foreach (var response in new[] { json, twice, control, many, longOne })
        {
            await response.IsOAuthErrorAsync("invalid_request");
        }

        await large.IsOAuthErrorAsync("invalid_request", 413);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
    }

    [Fact]
    public async Task The_lab_gets_tokens_of_users_which_are_made_when_they_are_missing()
    {
        string own = await OwnTokenAsync();
        string name = $"ada-{Guid.NewGuid():N}";

        using var first = await ImpersonateAsync(own, name);
        using var second = await ImpersonateAsync(own, name, ("scope", "notes:write jobs:write"));

        var tokens = await first.JsonAsync();
        var claims = tokens.Text("access_token").Claims();
        Assert.Equal(AccessToken, tokens.Text("issued_token_type"));
        Assert.Equal("*:read notes:write notifications:write", tokens.Text("scope"));
        Assert.Equal(TestClient.Lab.Id, claims.GetProperty("act").Text("sub"));
        Assert.Equal("analyst", claims.GetProperty("roles")[0].GetString());
        var narrow = await second.JsonAsync();
        Assert.Equal("notes:write", narrow.Text("scope"));
        Assert.Equal(claims.Text("sub"), narrow.Text("access_token").Claims().Text("sub"));
    }

    [Fact]
    public async Task Token_exchange_takes_the_clients_own_token_and_a_users_name_only()
    {
        string own = await OwnTokenAsync();
        using var user = await ImpersonateAsync(own, $"eve-{Guid.NewGuid():N}");
        string users = (await user.JsonAsync()).Text("access_token");

        using var withUsers = await ImpersonateAsync(users, "root");
        using var broken = await ImpersonateAsync(own[..^4] + "AAAA", "root");
        using var noName = await ImpersonateAsync(own, "Not A Name");
        using var noType = await _identity.TokenAsync(TestClient.Lab, Exchange, ("subject_token", own), ("requested_subject", "ada"));

        await withUsers.IsOAuthErrorAsync("invalid_request");
        await broken.IsOAuthErrorAsync("invalid_request");
        await noName.IsOAuthErrorAsync("invalid_request");
        await noType.IsOAuthErrorAsync("invalid_request");
    }

    [Fact]
    public async Task Outside_of_a_lab_nobody_is_made()
    {
        await using var identity = await services.StartAnotherAsync([new("Identity:ProvisionImpersonated", "false")]);
        using var own = await identity.TokenAsync(TestClient.Lab, "client_credentials");

        using var response = await identity.TokenAsync(
            TestClient.Lab, Exchange, ("subject_token", (await own.JsonAsync()).Text("access_token")), ("subject_token_type", AccessToken), ("requested_subject", "ada"));

        await response.IsOAuthErrorAsync("invalid_request");
    }

    [Fact]
    public async Task Introspection_tells_clients_with_a_secret_what_is_good()
    {
        var client = await CreateWorkerAsync();
        var open = await _identity.CreateWebClientAsync(confidential: false);
        using var issued = await _identity.TokenAsync(client, "client_credentials");
        string token = (await issued.JsonAsync()).Text("access_token");

        using var good = await _identity.PostAsync("/oauth2/introspect", TestClient.Lab, ("token", token));
        using var forged = await _identity.PostAsync("/oauth2/introspect", TestClient.Lab, ("token", token[..^4] + "AAAA"));
        using var nonsense = await _identity.PostAsync("/oauth2/introspect", TestClient.Lab, ("token", "a.b.c"));
        using var byPublic = await _identity.PostAsync("/oauth2/introspect", open, ("token", token));
        using var without = await _identity.PostAsync("/oauth2/introspect", TestClient.Lab);

        var answer = await good.JsonAsync();
        Assert.True(answer.GetProperty("active").GetBoolean());
        Assert.Equal((client.Id, "jobs:* notes:read", "Bearer"), (answer.Text("client_id"), answer.Text("scope"), answer.Text("token_type")));
        Assert.Equal("{\"active\":false}", await forged.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("{\"active\":false}", await nonsense.Content.ReadAsStringAsync(Cancellation));
        await byPublic.IsOAuthErrorAsync("invalid_client", 401);
        await without.IsOAuthErrorAsync("invalid_request");
    }

    [Fact]
    public async Task A_revoked_access_token_is_no_good_here_any_more_and_only_its_client_can_revoke_it()
    {
        var client = await CreateWorkerAsync();
        using var issued = await _identity.TokenAsync(client, "client_credentials");
        string token = (await issued.JsonAsync()).Text("access_token");

        using var byOther = await _identity.PostAsync("/oauth2/revoke", TestClient.Lab, ("token", token));
        using var still = await _identity.PostAsync("/oauth2/introspect", client, ("token", token));
        using var revoked = await _identity.PostAsync("/oauth2/revoke", client, ("token", token), ("token_type_hint", "refresh_token"));
        using var after = await _identity.PostAsync("/oauth2/introspect", client, ("token", token));
        using var unknown = await _identity.PostAsync("/oauth2/revoke", client, ("token", "nonsense"));

        Assert.True((await still.JsonAsync()).GetProperty("active").GetBoolean());
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [byOther.StatusCode, revoked.StatusCode, unknown.StatusCode]);
        Assert.False((await after.JsonAsync()).GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task Userinfo_tells_who_it_is_to_tokens_with_openid_only()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user.Name, ("scope", "openid profile"));
        using var issued = await _identity.TokenAsync(
            client, "authorization_code", ("code", answer["code"]), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        using var http = _identity.Anonymous();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await issued.JsonAsync()).Text("access_token"));

        using var info = await http.GetAsync("/oauth2/userinfo", Cancellation);
        using var admin = await _identity.AsAdminAsync();
        using var withoutScope = await admin.GetAsync("/oauth2/userinfo", Cancellation);
        using var anonymous = _identity.Anonymous();
        using var withoutToken = await anonymous.GetAsync("/oauth2/userinfo", Cancellation);

        var who = await info.JsonAsync();
        Assert.Equal((user.Id.ToString(), user.Name), (who.Text("sub"), who.Text("preferred_username")));
        Assert.Equal(HttpStatusCode.Forbidden, withoutScope.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, withoutToken.StatusCode);
    }

    private Task<TestClient> CreateWorkerAsync() =>
        _identity.CreateClientAsync(new("Worker", true, ["client_credentials"], ["jobs:*", "notes:read"]));

    private async Task<string> OwnTokenAsync()
    {
        using var response = await _identity.TokenAsync(TestClient.Lab, "client_credentials");
        return (await response.JsonAsync()).Text("access_token");
    }

    private Task<HttpResponseMessage> ImpersonateAsync(string token, string name, params IEnumerable<(string, string)> more) => _identity.TokenAsync(
        TestClient.Lab, Exchange, [("subject_token", token), ("subject_token_type", AccessToken), ("requested_subject", name), .. more]);

    private async Task<HttpResponseMessage> PostRawAsync((string Name, string Value)[] fields)
    {
        using var http = _identity.Anonymous();
        using var form = Form(fields);
        return await http.PostAsync("/oauth2/token", form, Cancellation);
    }

    private static StringContent Form((string Name, string Value)[] fields) => new(
        string.Join('&', fields.Select(static field => $"{field.Name}={Uri.EscapeDataString(field.Value)}")), Encoding.UTF8, "application/x-www-form-urlencoded");
}

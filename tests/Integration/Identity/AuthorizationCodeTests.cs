using System.Net;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class AuthorizationCodeTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_user_signs_in_and_the_client_gets_tokens(bool confidential)
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync(confidential);
        using Browser browser = new(_identity);

        var answer = await browser.AuthorizeAsync(client, user.Name);
        using var response = await RedeemAsync(client, answer["code"]);

        var tokens = await response.JsonAsync();
        Assert.Equal("s t&a=te", answer["state"]);
        Assert.Equal(_identity.Issuer, answer["iss"]);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal("openid profile offline_access notes:write", tokens.Text("scope"));
        Assert.Equal("at+jwt", tokens.Text("access_token").Header().Text("typ"));
        var claims = tokens.Text("access_token").Claims();
        Assert.Equal(user.Id.ToString(), claims.Text("sub"));
        Assert.Equal(client.Id, claims.Text("client_id"));
        Assert.Equal("analyst", claims.GetProperty("roles")[0].GetString());
        Assert.Equal(600, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        var identity = tokens.Text("id_token").Claims();
        Assert.Equal("n-1", identity.Text("nonce"));
        Assert.Equal(client.Id, identity.Text("aud"));
        Assert.Equal(Browser.Challenge(tokens.Text("access_token"))[..21], identity.Text("at_hash")[..21]);
    }

    [Fact]
    public async Task Permissions_are_those_of_role_client_and_request_together()
    {
        var viewer = await _identity.CreateUserAsync("viewer");
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);

        var all = await browser.AuthorizeAsync(client, viewer.Name, ("scope", "openid"));
        using var some = await browser.GetAsync(Browser.AuthorizeUri(client, ("scope", "notes:* jobs:write")));
        using var allTokens = await RedeemAsync(client, all["code"]);
        using var someTokens = await RedeemAsync(client, Browser.Answer(some)["code"]);

        Assert.Equal("openid *:read", (await allTokens.JsonAsync()).Text("scope"));
        var narrow = await someTokens.JsonAsync();
        Assert.Equal("notes:read", narrow.Text("scope"));
        Assert.False(narrow.TryGetProperty("id_token", out _), "an ID token without openid");
        Assert.False(narrow.TryGetProperty("refresh_token", out _), "a refresh token without offline_access");
    }

    [Fact]
    public async Task A_code_is_good_once_and_its_replay_ends_what_it_gave()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user.Name);
        using var first = await RedeemAsync(client, answer["code"]);
        var tokens = await first.JsonAsync();

        using var replay = await RedeemAsync(client, answer["code"]);

        await replay.IsOAuthErrorAsync("invalid_grant");
        using var refreshed = await _identity.TokenAsync(client, "refresh_token", ("refresh_token", tokens.Text("refresh_token")));
        await refreshed.IsOAuthErrorAsync("invalid_grant");
        using var introspected = await _identity.PostAsync("/oauth2/introspect", client, ("token", tokens.Text("access_token")));
        Assert.False((await introspected.JsonAsync()).GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task Another_clients_attempt_is_refused_and_spoils_nothing()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        var other = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user.Name);

        using var stolen = await RedeemAsync(other, answer["code"]);
        using var redeemed = await RedeemAsync(client, answer["code"]);

        await stolen.IsOAuthErrorAsync("invalid_grant");
        Assert.Equal(HttpStatusCode.OK, redeemed.StatusCode);
    }

    [Theory]
    [InlineData("code_verifier", "0000000000-0000000000-0000000000-0000000000", "invalid_grant")]
    [InlineData("code_verifier", "short", "invalid_grant")]
    [InlineData("code_verifier", "", "invalid_request")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/other", "invalid_grant")]
    [InlineData("redirect_uri", "", "invalid_request")]
    [InlineData("code", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "invalid_grant")]
    public async Task A_code_with_something_wrong_is_refused(string parameter, string value, string error)
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync(confidential: false);
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user.Name);
        Dictionary<string, string> form = new() { ["code"] = answer["code"], ["redirect_uri"] = Browser.RedirectUri, ["code_verifier"] = Browser.Verifier };
        form[parameter] = value;

        using var response = await _identity.TokenAsync(client, "authorization_code", form.Select(static field => (field.Key, field.Value)));

        await response.IsOAuthErrorAsync(error);
    }

    [Fact]
    public async Task A_code_expires()
    {
        await using var identity = await services.StartAnotherAsync([new("Identity:CodeLifetime", "00:00:05")]);
        var user = await identity.CreateUserAsync();
        var client = await identity.CreateWebClientAsync();
        using Browser browser = new(identity);
        var answer = await browser.AuthorizeAsync(client, user.Name);
        await TestDatabase.AgeAsync(identity, "UPDATE authorization_codes SET expires_at = expires_at - interval '6 seconds'");

        using var response = await RedeemAsync(identity, client, answer["code"]);

        await response.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task A_disabled_user_gets_nothing_any_more()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user.Name);
        using var admin = await _identity.AsAdminAsync();
        using var disabled = await admin.PostAsync($"/v1/users/{user.Id}/disable", null, TestContext.Current.CancellationToken);
        disabled.EnsureSuccessStatusCode();

        using var redeemed = await RedeemAsync(client, answer["code"]);
        using var again = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "none")));
        using var signIn = await browser.SignInAsync(user.Name);

        await redeemed.IsOAuthErrorAsync("invalid_grant");
        Assert.Equal("login_required", Browser.Answer(again)["error"]);
        Assert.Equal(HttpStatusCode.Unauthorized, signIn.StatusCode);
    }

    private Task<HttpResponseMessage> RedeemAsync(TestClient client, string code) => RedeemAsync(_identity, client, code);

    private static Task<HttpResponseMessage> RedeemAsync(IdentityApplication identity, TestClient client, string code) => identity.TokenAsync(
        client, "authorization_code", ("code", code), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
}

using System.Net;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class RefreshTokenTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    [Fact]
    public async Task Each_refresh_gives_another_token_and_an_access_token_of_the_role_of_now()
    {
        var user = await _identity.CreateUserAsync("viewer");
        var (client, first) = await StartAsync(user.Name, ("scope", "openid offline_access"));
        using var admin = await _identity.AsAdminAsync();
        using var promoted = await admin.PutAsync(
            $"/v1/users/{user.Id}/role", System.Net.Http.Json.JsonContent.Create(new { role = "admin" }), TestContext.Current.CancellationToken);
        promoted.EnsureSuccessStatusCode();

        using var response = await RefreshAsync(client, first);

        var tokens = await response.JsonAsync();
        Assert.NotEqual(first, tokens.Text("refresh_token"));
        Assert.Equal("openid offline_access *", tokens.Text("scope"));
        Assert.Equal(user.Id.ToString(), tokens.Text("id_token").Claims().Text("sub"));
    }

    [Fact]
    public async Task A_used_token_that_comes_back_ends_the_family()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);
        string second = await NextAsync(client, first);
        string third = await NextAsync(client, second);

        using var reuse = await RefreshAsync(client, first);
        using var good = await RefreshAsync(client, third);

        await reuse.IsOAuthErrorAsync("invalid_grant");
        await good.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task An_answer_that_was_lost_can_be_had_once_more_and_the_lost_one_is_no_good()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);
        string lost = await NextAsync(client, first);

        string repeated = await NextAsync(client, first);
        string next = await NextAsync(client, repeated);
        using var found = await RefreshAsync(client, lost);
        using var ended = await RefreshAsync(client, next);

        // Whoever holds the lost one is not the client: the family ends.
        await found.IsOAuthErrorAsync("invalid_grant");
        await ended.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task After_the_window_a_used_token_ends_the_family_even_if_its_successor_is_unused()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);
        string second = await NextAsync(client, first);
        await TestDatabase.AgeAsync(_identity, $"""
            UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'
            WHERE used_at IS NOT NULL AND grant_id IN (SELECT id FROM grants WHERE user_id = '{user.Id}')
            """);

        using var reuse = await RefreshAsync(client, first);
        using var good = await RefreshAsync(client, second);

        await reuse.IsOAuthErrorAsync("invalid_grant");
        await good.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task Two_refreshes_at_once_leave_one_good_token()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RefreshAsync(client, first)));

        Assert.Contains(answers, static answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.True(1 >= await TestDatabase.ReadAsync<long>(_identity, $"""
            SELECT count(*) FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id
            WHERE g.user_id = '{user.Id}' AND t.used_at IS NULL AND g.revoked_at IS NULL
            """));
    }

    [Fact]
    public async Task Less_may_be_asked_for_and_more_may_not()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name, ("scope", "openid offline_access notes:*"));

        using var more = await RefreshAsync(client, first, ("scope", "openid profile"));
        using var less = await RefreshAsync(client, first, ("scope", "notes:read"));

        await more.IsOAuthErrorAsync("invalid_scope");
        var tokens = await less.JsonAsync();
        Assert.Equal("notes:read", tokens.Text("scope"));
        using var whole = await RefreshAsync(client, tokens.Text("refresh_token"));
        Assert.Equal("openid offline_access notes:read notes:write", (await whole.JsonAsync()).Text("scope"));
    }

    [Fact]
    public async Task Expired_and_other_peoples_and_made_up_tokens_are_refused()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);
        var other = await _identity.CreateWebClientAsync();

        using var stolen = await RefreshAsync(other, first);
        using var madeUp = await RefreshAsync(client, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        using var missing = await _identity.TokenAsync(client, "refresh_token");
        await TestDatabase.AgeAsync(_identity, $"UPDATE refresh_tokens SET expires_at = '2020-01-01' WHERE grant_id IN (SELECT id FROM grants WHERE user_id = '{user.Id}')");
        using var expired = await RefreshAsync(client, first);

        await stolen.IsOAuthErrorAsync("invalid_grant");
        await madeUp.IsOAuthErrorAsync("invalid_grant");
        await missing.IsOAuthErrorAsync("invalid_request");
        await expired.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task Revoking_a_refresh_token_ends_its_family_and_only_its_client_can()
    {
        var user = await _identity.CreateUserAsync();
        var (client, first) = await StartAsync(user.Name);
        var other = await _identity.CreateWebClientAsync();

        using var byOther = await _identity.PostAsync("/oauth2/revoke", other, ("token", first));
        string second = await NextAsync(client, first);
        using var revoked = await _identity.PostAsync("/oauth2/revoke", client, ("token", first));
        using var refreshed = await RefreshAsync(client, second);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK], [byOther.StatusCode, revoked.StatusCode]);
        await refreshed.IsOAuthErrorAsync("invalid_grant");
    }

    private async Task<(TestClient Client, string RefreshToken)> StartAsync(string user, params IEnumerable<(string, string?)> changes)
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var answer = await browser.AuthorizeAsync(client, user, changes);
        using var response = await _identity.TokenAsync(
            client, "authorization_code", ("code", answer["code"]), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        return (client, (await response.JsonAsync()).Text("refresh_token"));
    }

    private Task<HttpResponseMessage> RefreshAsync(TestClient client, string token, params IEnumerable<(string, string)> more) =>
        _identity.TokenAsync(client, "refresh_token", [("refresh_token", token), .. more]);

    private async Task<string> NextAsync(TestClient client, string token)
    {
        using var response = await RefreshAsync(client, token);
        return (await response.JsonAsync()).Text("refresh_token");
    }
}

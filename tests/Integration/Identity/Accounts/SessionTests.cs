using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Back2Code.Identity;
using Back2Code.IntegrationTests.Services;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class SessionTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_listed_with_what_its_user_knows_it_by_and_ends_with_what_came_through_it()
    {
        using var person = await Person.SignedInAsync(_identity);
        var client = await _identity.CreateWebClientAsync();
        using Browser elsewhere = new(_identity);
        elsewhere.Http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        string refreshToken = await RefreshTokenAsync(elsewhere, client, person.User.Name);
        using var page = await person.Browser.GetAsync("/account");
        string html = await page.Content.ReadAsStringAsync(Cancellation);
        string session = html.Split("name=\"session\" value=\"")[1].Split('"')[0];

        using var ended = await person.Browser.SubmitAsync(page, ("session", session));

        using var there = await elsewhere.GetAsync("/account");
        using var here = await person.Browser.GetAsync("/account");
        using var refreshed = await _identity.TokenAsync(client, "refresh_token", ("refresh_token", refreshToken));
        Assert.Contains("Firefox on Linux at 127.0.0.1", html, StringComparison.Ordinal);
        Assert.Contains("Notebook", html, StringComparison.Ordinal);
        Assert.Equal("/account", Browser.Location(ended));
        Assert.StartsWith("/sign-in?", Browser.Location(there), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        await refreshed.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task All_others_end_at_once_and_this_one_stays()
    {
        using var person = await Person.SignedInAsync(_identity);
        using Browser first = new(_identity), second = new(_identity);
        using var one = await first.SignInAsync(person.User.Name);
        using var two = await second.SignInAsync(person.User.Name);
        using var page = await person.Browser.GetAsync("/account");

        using var ended = await person.Browser.SubmitAsync(page, ("end", "others"));

        Assert.Equal(1, await TestDatabase.ReadAsync<long>(_identity, $"SELECT count(*) FROM sessions WHERE user_id = '{person.User.Id}'"));
        using var here = await person.Browser.GetAsync("/account");
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
    }

    [Theory]
    [InlineData("UPDATE users SET disabled_at = now() WHERE id = '{0}'")]
    [InlineData("UPDATE users SET password_hash = 'another' WHERE id = '{0}'")]
    [InlineData("DELETE FROM users WHERE id = '{0}'")]
    public async Task None_begins_for_a_user_who_has_changed_since_the_password_was_looked_at(string change)
    {
        var made = await _identity.CreateUserAsync();
        var user = await _identity.Services.GetRequiredService<UserStore>().FindAsync(made.Id, Cancellation);
        await TestDatabase.AgeAsync(_identity, string.Format(CultureInfo.InvariantCulture, change, made.Id));

        var cookie = await _identity.Services.GetRequiredService<SessionStore>().StartAsync(user!, new SessionOrigin("127.0.0.1", null), endedCookie: null, Cancellation);

        Assert.Null(cookie);
        Assert.Equal(0, await TestDatabase.ReadAsync<long>(_identity, $"SELECT count(*) FROM sessions WHERE user_id = '{made.Id}'"));
    }

    [Fact]
    public async Task An_applications_access_ends_and_the_session_stays()
    {
        using var person = await Person.SignedInAsync(_identity);
        var client = await _identity.CreateWebClientAsync();
        string refreshToken = await RefreshTokenAsync(person.Browser, client, person.User.Name);
        using var page = await person.Browser.GetAsync("/account");

        using var ended = await person.Browser.SubmitAsync(page, ("application", client.Id));

        using var refreshed = await _identity.TokenAsync(client, "refresh_token", ("refresh_token", refreshToken));
        using var here = await person.Browser.GetAsync("/account");
        await refreshed.IsOAuthErrorAsync("invalid_grant");
        Assert.DoesNotContain("Notebook", await here.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_ends_the_session_of_somebody_else()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var thief = await Person.SignedInAsync(_identity);
        var sid = await TestDatabase.ReadAsync<Guid>(_identity, $"SELECT sid FROM sessions WHERE user_id = '{person.User.Id}'");
        using var page = await thief.Browser.GetAsync("/account");
        using var api = await AsAsync(thief.User.Name);

        using var byPage = await thief.Browser.SubmitAsync(page, ("session", sid.ToString()));
        using var byApi = await api.DeleteAsync($"/v1/sessions/{sid}", Cancellation);
        using var still = await person.Browser.GetAsync("/account");

        await byApi.IsProblemAsync(HttpStatusCode.NotFound, "session-not-found");
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Fact]
    public async Task A_token_lists_and_ends_the_sessions_of_its_user()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var api = await AsAsync(person.User.Name);

        var listed = (await api.GetFromJsonAsync<IReadOnlyList<SessionView>>("/v1/sessions", Cancellation))!;
        using var ended = await api.DeleteAsync($"/v1/sessions/{Assert.Single(listed).Id}", Cancellation);
        using var page = await person.Browser.GetAsync("/account");

        Assert.Equal("127.0.0.1", listed[0].Address);
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.StartsWith("/sign-in?", Browser.Location(page), StringComparison.Ordinal);
        Assert.Empty((await api.GetFromJsonAsync<IReadOnlyList<SessionView>>("/v1/sessions", Cancellation))!);
    }

    [Fact]
    public async Task An_operator_ends_all_that_a_user_has_open()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var admin = await _identity.AsAdminAsync();

        using var ended = await admin.DeleteAsync($"/v1/users/{person.User.Id}/sessions", Cancellation);
        using var page = await person.Browser.GetAsync("/account");

        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.StartsWith("/sign-in?", Browser.Location(page), StringComparison.Ordinal);
    }

    /// <summary>A client with a token of the user.</summary>
    private async Task<HttpClient> AsAsync(string user)
    {
        using var lab = await _identity.TokenAsync(TestClient.Lab, "client_credentials");
        using var response = await _identity.TokenAsync(
            TestClient.Lab, "urn:ietf:params:oauth:grant-type:token-exchange", ("requested_subject", user),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("subject_token", (await lab.JsonAsync()).Text("access_token")));
        var http = _identity.Anonymous();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.JsonAsync()).Text("access_token"));
        return http;
    }

    private async Task<string> RefreshTokenAsync(Browser browser, TestClient client, string user)
    {
        using var start = await browser.GetAsync(Browser.AuthorizeUri(client));
        string location = Browser.Location(start);
        string code = location.StartsWith(Browser.RedirectUri, StringComparison.Ordinal)
            ? Browser.Answer(start)["code"]
            : (await browser.AuthorizeAsync(client, user))["code"];
        using var tokens = await _identity.TokenAsync(client, "authorization_code", ("code", code), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        return (await tokens.JsonAsync()).Text("refresh_token");
    }
}

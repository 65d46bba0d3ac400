using System.Net;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>What the authorization endpoint does before anybody signs in, and whom it tells.</summary>
[Collection(SharedIdentity.Name)]
public sealed class AuthorizationRequestTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    [Theory]
    [InlineData("redirect_uri", "http://127.0.0.1:9/callback/")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/callback?x=1")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/CALLBACK")]
    [InlineData("redirect_uri", "http://127.0.0.1:90/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/callback/../callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:9/callback%2f")]
    [InlineData("redirect_uri", "http://evil.test/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:9@evil.test/callback")]
    [InlineData("redirect_uri", "//127.0.0.1:9/callback")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    [InlineData("redirect_uri", null)]
    [InlineData("client_id", "nobody")]
    [InlineData("client_id", "<script>alert(1)</script>")]
    [InlineData("client_id", null)]
    public async Task Without_a_registered_address_only_the_user_is_told(string parameter, string? value)
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);

        using var response = await browser.GetAsync(Browser.AuthorizeUri(client, (parameter, value)));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(response.Headers.Contains("Location"));
        Assert.DoesNotContain("<script", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "code id_token", "unsupported_response_type")]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", null, "invalid_request")]
    [InlineData("scope", "notes:", "invalid_scope")]
    [InlineData("scope", "root", "invalid_scope")]
    [InlineData("prompt", "none login", "invalid_request")]
    [InlineData("prompt", "dance", "invalid_request")]
    [InlineData("prompt", "none", "login_required")]
    [InlineData("max_age", "-1", "invalid_request")]
    [InlineData("request", "e30.e30.", "request_not_supported")]
    [InlineData("request_uri", "http://evil.test/", "request_uri_not_supported")]
    public async Task A_wrong_request_comes_back_to_its_client(string parameter, string? value, string error)
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);

        using var response = await browser.GetAsync(Browser.AuthorizeUri(client, (parameter, value)));

        var answer = Browser.Answer(response);
        Assert.Equal((error, "s t&a=te", _identity.Issuer), (answer["error"], answer["state"], answer["iss"]));
    }

    [Fact]
    public async Task A_client_without_the_grant_is_refused()
    {
        var client = await _identity.CreateClientAsync(new(
            "Worker", true, ["client_credentials"], ["notes:read"], [Browser.RedirectUri]));
        using Browser browser = new(_identity);

        using var response = await browser.GetAsync(Browser.AuthorizeUri(client));

        Assert.Equal("unauthorized_client", Browser.Answer(response)["error"]);
    }

    [Theory]
    [InlineData("&client_id=other")]
    [InlineData("&state=other")]
    [InlineData("&CLIENT_ID=other")]
    [InlineData("&x=%00")]
    public async Task A_parameter_that_stands_there_twice_or_holds_a_control_character_is_refused(string more)
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);

        using var response = await browser.GetAsync(Browser.AuthorizeUri(client) + more);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.False(response.Headers.Contains("Location"));
    }

    [Fact]
    public async Task Who_is_signed_in_is_not_asked_again_unless_the_client_wants_it_and_then_once()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        await browser.AuthorizeAsync(client, user.Name);

        using var silent = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "none")));
        using var young = await browser.GetAsync(Browser.AuthorizeUri(client, ("max_age", "1000")));
        using var login = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "login")));
        using var old = await browser.GetAsync(Browser.AuthorizeUri(client, ("max_age", "0"), ("prompt", "none")));
        var again = await browser.AuthorizeAsync(client, user.Name, ("prompt", "login"));

        Assert.Contains("code", Browser.Answer(silent).Keys);
        Assert.Contains("code", Browser.Answer(young).Keys);
        Assert.StartsWith("/sign-in?", Browser.Location(login), StringComparison.Ordinal);
        Assert.Equal("login_required", Browser.Answer(old)["error"]);
        Assert.Contains("code", again.Keys);
    }

    [Fact]
    public async Task Nobody_can_claim_a_new_sign_in_that_never_was()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        await browser.AuthorizeAsync(client, user.Name);

        using var forged = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "login"), ("b2c_began", "0.AAAA")));

        Assert.StartsWith("/sign-in?", Browser.Location(forged), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_third_partys_client_needs_consent_once()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync(firstParty: false);
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);
        using var silent = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "none")));
        using var page = await browser.GetAsync(Browser.AuthorizeUri(client));

        using var denied = await browser.SubmitAsync(page, ("decision", "deny"));
        using var allowed = await browser.SubmitAsync(page, ("decision", "allow"));
        using var later = await browser.GetAsync(Browser.AuthorizeUri(client));
        using var more = await browser.GetAsync(Browser.AuthorizeUri(client, ("scope", "openid jobs:write")));
        using var asked = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "consent")));

        Assert.Equal("consent_required", Browser.Answer(silent)["error"]);
        Assert.Contains("Notebook", await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("access_denied", Browser.Answer(denied)["error"]);
        Assert.Contains("code", Browser.Answer(allowed).Keys);
        Assert.Contains("code", Browser.Answer(later).Keys);
        Assert.Equal(HttpStatusCode.OK, more.StatusCode);
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
    }

    [Fact]
    public async Task A_request_may_come_as_a_form()
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        var uri = new Uri(new Uri(_identity.Address), Browser.AuthorizeUri(client));
        var fields = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(uri.Query).Select(static pair => (pair.Key, pair.Value.ToString()));

        using var response = await browser.PostAsync("/oauth2/authorize", fields);

        Assert.StartsWith("/sign-in?continue=", Browser.Location(response), StringComparison.Ordinal);
    }
}

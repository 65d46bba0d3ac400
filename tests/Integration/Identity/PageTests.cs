using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class PageTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    [InlineData("/oauth2/authorize")]
    [InlineData("/oauth2/logout")]
    public async Task A_page_runs_nothing_is_framed_by_nobody_and_kept_nowhere(string path)
    {
        using Browser browser = new(_identity);

        using var page = await browser.GetAsync(path);

        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
        Assert.True(page.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task A_form_may_lead_to_this_server_and_to_the_client_that_the_user_came_from()
    {
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        using var start = await browser.GetAsync(Browser.AuthorizeUri(client));

        using var page = await browser.GetAsync(Browser.Location(start));
        using var alone = await browser.GetAsync("/sign-in");

        Assert.Contains("form-action 'self' http://127.0.0.1:9;", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("form-action 'self';", alone.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_are_out_of_reach_for_scripts_and_other_sites()
    {
        var user = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);

        using var response = await browser.SignInAsync(user.Name);

        string cookie = Assert.Single(response.Headers.GetValues("Set-Cookie"), static value => value.StartsWith("b2c-session=", StringComparison.Ordinal));
        Assert.Contains("; path=/; samesite=lax; httponly", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_TLS_cookies_belong_to_this_host_alone()
    {
        await using var identity = await IdentityApplication.StartAsync(services.Database, services.RabbitMq, issuer: "https://id.test");
        using var http = identity.Anonymous();

        using var page = await http.GetAsync("/sign-in", Cancellation);

        Assert.Matches("^__Host-b2c-form=[^;]+; path=/; secure; samesite=lax; httponly$", page.Headers.GetValues("Set-Cookie").Single());
    }

    [Fact]
    public async Task What_is_typed_comes_back_as_text_only()
    {
        using Browser browser = new(_identity);

        using var page = await browser.SignInAsync("\"><script>alert(1)</script>", "wrong");

        Assert.Equal(HttpStatusCode.Unauthorized, page.StatusCode);
        Assert.DoesNotContain("<script", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("https://evil.test/")]
    [InlineData("//evil.test/")]
    [InlineData("/\\evil.test/")]
    [InlineData("/oauth2/authorize/../../evil")]
    [InlineData("/oauth2/authorize@evil.test?")]
    [InlineData("/oauth2/authorize?\r\nSet-Cookie: x=1")]
    [InlineData("javascript:alert(1)")]
    public async Task After_the_sign_in_it_goes_on_at_this_server_only(string target)
    {
        var user = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/sign-in");

        using var response = await browser.SubmitAsync(page, ("name", user.Name), ("password", TestUser.Password), ("continue", target));

        Assert.DoesNotContain("evil", response.Headers.Location?.ToString() ?? "", StringComparison.Ordinal);
        Assert.False(response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(static cookie => cookie.StartsWith("x=", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/sign-out")]
    [InlineData("/consent")]
    [InlineData("/device")]
    public async Task A_form_from_elsewhere_is_refused(string path)
    {
        var user = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);

        using var without = await browser.PostAsync(path, ("decision", "allow"), ("name", user.Name), ("password", TestUser.Password));
        using var forged = await browser.PostAsync(path, ("form_token", "AAAA"), ("decision", "allow"), ("name", user.Name), ("password", TestUser.Password));

        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden], [without.StatusCode, forged.StatusCode]);
    }

    [Fact]
    public async Task A_form_of_another_browser_is_refused()
    {
        var user = await _identity.CreateUserAsync();
        using Browser thief = new(_identity);
        using Browser browser = new(_identity);
        using var page = await thief.GetAsync("/sign-in");

        using var response = await browser.SubmitAsync(page, ("name", user.Name), ("password", TestUser.Password));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task A_form_from_before_the_sign_in_is_refused_after_it()
    {
        var user = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);
        using var before = await browser.GetAsync("/sign-in");
        using var signedIn = await browser.SignInAsync(user.Name);

        using var response = await browser.SubmitAsync(before, ("name", user.Name), ("password", TestUser.Password));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Signing_in_again_ends_the_session_before()
    {
        var user = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);
        using var first = await browser.SignInAsync(user.Name);
        string before = browser.Cookies["b2c-session"]!.Value;

        using var second = await browser.SignInAsync(user.Name);

        Assert.NotEqual(before, browser.Cookies["b2c-session"]!.Value);
        browser.Cookies["b2c-session"]!.Value = before;
        using var page = await browser.GetAsync("/sign-out");
        Assert.Contains("Signed out", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_disabled_and_without_password_answer_as_a_wrong_password_does()
    {
        var user = await _identity.CreateUserAsync();
        var without = await _identity.CreateUserAsync(password: null);
        using Browser browser = new(_identity);
        List<string> answers = [];

        foreach (var (name, password) in new[] { (user.Name, "wrong"), ("nobody-of-this-name", "wrong"), (without.Name, ""), (without.Name, "wrong") })
        {
            using var response = await browser.SignInAsync(name, password);
            answers.Add($"{(int)response.StatusCode} " + (await response.Content.ReadAsStringAsync(Cancellation)).Replace(name, "NAME", StringComparison.Ordinal));
        }

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
        Assert.StartsWith("401", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guessing_is_slowed_down_for_one_address_and_account_and_nobody_is_locked_out()
    {
        await using var identity = await services.StartAnotherAsync(
            [new("Identity:AttemptsPerAccount", "3"), new("Identity:AttemptPerAccountEvery", "00:10:00"), new("Identity:TrustedProxies", "1")]);
        var user = await identity.CreateUserAsync();
        using Browser thief = new(identity);
        thief.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.7");
        using Browser owner = new(identity);
        owner.Http.DefaultRequestHeaders.Add("X-Forwarded-For", "198.51.100.7, 203.0.113.9");
        List<HttpStatusCode> guesses = [];
        for (int n = 0; n < 4; n++)
        {
            using var guess = await thief.SignInAsync(user.Name, "guess");
            guesses.Add(guess.StatusCode);
        }

        using var late = await thief.SignInAsync(user.Name);
        using var unknown = await thief.SignInAsync("nobody");
        using var mine = await owner.SignInAsync(user.Name);

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], guesses);
        Assert.Equal(HttpStatusCode.TooManyRequests, late.StatusCode);
        Assert.InRange(late.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.SeeOther, mine.StatusCode);
    }

    [Fact]
    public async Task Many_guesses_at_once_get_no_more_attempts_than_one_after_the_other()
    {
        await using var identity = await services.StartAnotherAsync([new("Identity:AttemptsPerAddress", "5"), new("Identity:AttemptPerAddressEvery", "00:10:00")]);
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/sign-in");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => browser.SubmitAsync(page, ("name", $"user{n}"), ("password", "guess"))));

        Assert.Equal(5, answers.Count(static answer => answer.StatusCode == HttpStatusCode.Unauthorized));
        Assert.Equal(15, answers.Count(static answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }

    [Fact]
    public async Task A_password_is_hashed_again_when_the_work_factor_has_risen()
    {
        var user = await _identity.CreateUserAsync();
        string read = $"SELECT password_hash FROM users WHERE id = '{user.Id}'";
        string before = await TestDatabase.ReadAsync<string>(_identity, read);
        await using var stronger = await IdentityApplication.StartAsync(
            services.Database, services.RabbitMq, _identity.Issuer, [new("Identity:PasswordIterations", "11000")]);
        using Browser browser = new(stronger);

        using var wrong = await browser.SignInAsync(user.Name, "wrong");
        string still = await TestDatabase.ReadAsync<string>(_identity, read);
        using Browser again = new(stronger);
        using var right = await again.SignInAsync(user.Name);

        Assert.Equal(before, still);
        Assert.Equal(HttpStatusCode.SeeOther, right.StatusCode);
        Assert.NotEqual(before, await TestDatabase.ReadAsync<string>(_identity, read));
    }

    [Fact]
    public async Task Signing_out_takes_the_user_back_to_a_registered_address_only()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);
        string Logout(string uri) => QueryHelpers.AddQueryString(
            "/oauth2/logout", new Dictionary<string, string?> { ["client_id"] = client.Id, ["post_logout_redirect_uri"] = uri, ["state"] = "x&y" });

        using var evil = await browser.GetAsync(Logout("http://evil.test/"));
        using var page = await browser.GetAsync(Logout(Browser.SignedOutUri));
        using var done = await browser.SubmitAsync(page);
        using var after = await browser.GetAsync(Browser.AuthorizeUri(client, ("prompt", "none")));

        Assert.Equal(HttpStatusCode.BadRequest, evil.StatusCode);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(Browser.SignedOutUri + "?state=x%26y", Browser.Location(done));
        Assert.Equal("login_required", Browser.Answer(after)["error"]);
    }
}

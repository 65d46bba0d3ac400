using System.Net;
using System.Net.Http.Json;
using Back2Code.Identity.Audit;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class PasswordTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_sets_another_password_and_ends_all_that_was_open(bool byAddress)
    {
        using var person = await Person.CreateAsync(_identity);
        var client = await _identity.CreateWebClientAsync();
        using Browser elsewhere = new(_identity);
        string code = (await elsewhere.AuthorizeAsync(client, person.User.Name))["code"];
        using var tokens = await _identity.TokenAsync(client, "authorization_code", ("code", code), ("redirect_uri", Browser.RedirectUri), ("code_verifier", Browser.Verifier));
        string refreshToken = (await tokens.JsonAsync()).Text("refresh_token");
        string link = await person.ForgetAsync(byAddress ? person.Email.ToUpperInvariant() : null);
        using var page = await person.Browser.GetAsync(link);

        using var done = await person.Browser.SubmitAsync(page, ("password", Person.NewPassword), ("again", Person.NewPassword));

        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        using var account = await elsewhere.GetAsync("/account");
        using var refreshed = await _identity.TokenAsync(client, "refresh_token", ("refresh_token", refreshToken));
        using var before = await person.Browser.SignInAsync(person.User.Name);
        using var after = await person.Browser.SignInAsync(person.User.Name, Person.NewPassword);
        Assert.StartsWith("/sign-in?", Browser.Location(account), StringComparison.Ordinal);
        await refreshed.IsOAuthErrorAsync("invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, before.StatusCode);
        Assert.Equal("/account", Browser.Location(after));
        Assert.Equal("Your password was changed", (await _identity.MailToAsync(person.Email, 3)).Subject);
    }

    [Fact]
    public async Task A_link_is_good_once_and_with_it_go_all_others()
    {
        using var person = await Person.CreateAsync(_identity);
        string first = await person.ForgetAsync(), second = await person.ForgetAsync();
        using var page = await person.Browser.GetAsync(second);
        using var done = await person.Browser.SubmitAsync(page, ("password", Person.NewPassword), ("again", Person.NewPassword));

        using var again = await person.Browser.SubmitAsync(page, ("password", TestUser.Password), ("again", TestUser.Password));
        using var other = await person.Browser.GetAsync(first);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [done.StatusCode, again.StatusCode, other.StatusCode]);
    }

    [Fact]
    public async Task Of_two_who_use_one_link_at_once_one_sets_the_password()
    {
        using var person = await Person.CreateAsync(_identity);
        using var page = await person.Browser.GetAsync(await person.ForgetAsync());

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => person.Browser.SubmitAsync(page, ("password", $"{Person.NewPassword} {n}"), ("again", $"{Person.NewPassword} {n}"))));

        Assert.Equal(1, answers.Count(static answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(3, answers.Count(static answer => answer.StatusCode == HttpStatusCode.BadRequest));
    }

    [Fact]
    public async Task To_open_a_link_does_not_use_it_and_time_does()
    {
        using var person = await Person.CreateAsync(_identity);
        string link = await person.ForgetAsync();
        using var first = await person.Browser.GetAsync(link);
        using var second = await person.Browser.GetAsync(link);

        await TestDatabase.AgeAsync(_identity, $"UPDATE account_tokens SET expires_at = now() WHERE user_id = '{person.User.Id}'");
        using var late = await person.Browser.SubmitAsync(second, ("password", Person.NewPassword), ("again", Person.NewPassword));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadRequest], [first.StatusCode, second.StatusCode, late.StatusCode]);
    }

    [Theory]
    [InlineData("/reset-password/confirm?token=AAAA")]
    [InlineData("/reset-password/confirm")]
    [InlineData("/reset-password/confirm?token=a&token=b")]
    [InlineData("/register/confirm?token=AAAA")]
    [InlineData("/account/email/confirm?token=AAAA")]
    public async Task A_made_up_link_is_refused(string link)
    {
        using Browser browser = new(_identity);

        using var answer = await browser.GetAsync(link);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_link_for_one_thing_is_good_for_no_other()
    {
        using var person = await Person.CreateAsync(_identity);
        string link = await person.ForgetAsync();

        using var register = await person.Browser.GetAsync(link.Replace("/reset-password/", "/register/", StringComparison.Ordinal));
        using var email = await person.Browser.GetAsync(link.Replace("/reset-password/", "/account/email/", StringComparison.Ordinal));

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [register.StatusCode, email.StatusCode]);
    }

    [Fact]
    public async Task Who_is_not_there_is_disabled_or_has_no_address_gets_the_same_answer_and_no_mail()
    {
        using var person = await Person.CreateAsync(_identity);
        await _identity.MailToAsync(person.Email);
        var without = await _identity.CreateUserAsync();
        using var disabled = await Person.CreateAsync(_identity);
        await _identity.MailToAsync(disabled.Email);
        using var admin = await _identity.AsAdminAsync();
        using var done = await admin.PostAsync($"/v1/users/{disabled.User.Id}/disable", null, Cancellation);
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/reset-password");
        List<string> answers = [];

        foreach (string account in new[] { person.User.Name, person.Email, without.Name, disabled.User.Name, disabled.Email, "nobody-of-this-name", "nobody@example.test" })
        {
            using var answer = await browser.SubmitAsync(page, ("account", account));
            answers.Add($"{answer.StatusCode} " + (await answer.Content.ReadAsStringAsync(Cancellation)).Replace(account, "ACCOUNT", StringComparison.Ordinal));
        }

        Assert.All(answers, answer => Assert.Equal(answers[0], answer));
        await _identity.MailIsSentAsync();
        Assert.Equal(3, _identity.MailsTo(person.Email).Count());
        Assert.Single(_identity.MailsTo(disabled.Email));
        Assert.Empty(_identity.MailsTo("nobody@example.test"));
    }

    [Fact]
    public async Task An_invitation_gives_a_user_without_a_password_one_and_verifies_the_address()
    {
        using var person = await Person.CreateAsync(_identity, password: null);
        var invitation = await _identity.MailToAsync(person.Email);
        using var page = await person.Browser.GetAsync(invitation.Link);

        using var done = await person.Browser.SubmitAsync(page, ("password", Person.NewPassword), ("again", Person.NewPassword));
        using var signedIn = await person.Browser.SignInAsync(person.User.Name, Person.NewPassword);

        Assert.Equal("An account was made for you", invitation.Subject);
        Assert.Equal("/account", Browser.Location(signedIn));
        Assert.True(await TestDatabase.ReadAsync<bool>(_identity, $"SELECT verified_at IS NOT NULL FROM email_addresses WHERE user_id = '{person.User.Id}'"));
    }

    [Fact]
    public async Task The_present_password_changes_it_and_ends_all_sessions_but_this_one()
    {
        using var person = await Person.SignedInAsync(_identity);
        string link = await person.ForgetAsync();
        using Browser elsewhere = new(_identity);
        using var signedIn = await elsewhere.SignInAsync(person.User.Name);
        using var page = await person.Browser.GetAsync("/account/password");

        using var wrong = await person.Browser.SubmitAsync(page, ("current", "not the password"), ("password", Person.NewPassword), ("again", Person.NewPassword));
        using var right = await person.Browser.SubmitAsync(page, ("current", TestUser.Password), ("password", Person.NewPassword), ("again", Person.NewPassword));

        using var here = await person.Browser.GetAsync("/account");
        using var there = await elsewhere.GetAsync("/account");
        using var before = await elsewhere.SignInAsync(person.User.Name);
        using var after = await elsewhere.SignInAsync(person.User.Name, Person.NewPassword);
        using var forgotten = await elsewhere.GetAsync(link);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.OK], [wrong.StatusCode, right.StatusCode]);
        Assert.Equal(HttpStatusCode.OK, here.StatusCode);
        Assert.StartsWith("/sign-in?", Browser.Location(there), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, before.StatusCode);
        Assert.Equal("/account", Browser.Location(after));
        Assert.Equal(HttpStatusCode.BadRequest, forgotten.StatusCode);
    }

    [Fact]
    public async Task Guessing_the_present_password_is_slowed_down()
    {
        await using var identity = await services.StartAnotherAsync(new("Identity:AttemptsPerAccount", "2"), new("Identity:AttemptPerAccountEvery", "00:10:00"));
        using var person = await Person.SignedInAsync(identity);
        using var page = await person.Browser.GetAsync("/account/password");
        List<HttpStatusCode> guesses = [];
        for (int n = 0; n < 3; n++)
        {
            using var guess = await person.Browser.SubmitAsync(page, ("current", "guess"), ("password", Person.NewPassword), ("again", Person.NewPassword));
            guesses.Add(guess.StatusCode);
        }

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests], guesses);
    }

    [Fact]
    public async Task What_happens_to_passwords_is_in_the_audit_trail()
    {
        using var person = await Person.CreateAsync(_identity);
        using var page = await person.Browser.GetAsync(await person.ForgetAsync());
        using var reset = await person.Browser.SubmitAsync(page, ("password", Person.NewPassword), ("again", Person.NewPassword));
        using var signedIn = await person.Browser.SignInAsync(person.User.Name, Person.NewPassword);
        using var form = await person.Browser.GetAsync("/account/password");
        using var changed = await person.Browser.SubmitAsync(form, ("current", Person.NewPassword), ("password", TestUser.Password), ("again", TestUser.Password));

        using var admin = await _identity.AsAdminAsync();
        var trail = (await admin.GetFromJsonAsync<AuditPage>($"/v1/audit?target={person.User.Id}", Cancellation))!;

        Assert.Equal(
            [
                "identity.password-changed", "identity.sign-in", "identity.password-reset", "identity.password-reset-requested",
                "identity.password-reset-requested", "identity.user-created",
            ],
            trail.Items.Select(static record => record.Action));
        Assert.Equal(["reset-password", "invitation"], trail.Items.Where(static record => record.Action == "identity.password-reset-requested").Select(static record => record.Reason));
    }
}

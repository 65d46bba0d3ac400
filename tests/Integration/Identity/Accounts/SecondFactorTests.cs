using System.Net;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class SecondFactorTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_the_password_comes_a_code_and_the_way_goes_on_where_it_was_left()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, _) = await person.TurnOnSecondFactorAsync();
        var client = await _identity.CreateWebClientAsync();
        using Browser browser = new(_identity);
        using var start = await browser.GetAsync(Browser.AuthorizeUri(client));
        using var page = await browser.GetAsync(Browser.Location(start));

        using var asked = await browser.SubmitAsync(page, ("name", person.User.Name), ("password", TestUser.Password));
        using var early = await browser.GetAsync("/account");
        using var wrong = await browser.SubmitAsync(asked, ("code", authenticator.WrongCode()));
        using var right = await browser.SubmitAsync(wrong, ("code", authenticator.Code(1)));
        using var answer = await browser.GetAsync(Browser.Location(right));

        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        Assert.Contains("form-action 'self' http://127.0.0.1:9;", asked.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.StartsWith("/sign-in?", Browser.Location(early), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Contains("code", Browser.Answer(answer).Keys);
    }

    [Fact]
    public async Task A_code_signs_in_once()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, _) = await person.TurnOnSecondFactorAsync();
        string code = authenticator.Code(1);
        using Browser first = new(_identity), second = new(_identity);
        using var one = await first.SignInAsync(person.User.Name);
        using var two = await second.SignInAsync(person.User.Name);

        using var used = await first.SubmitAsync(one, ("code", code));
        using var replayed = await second.SubmitAsync(two, ("code", code));
        using var older = await second.SubmitAsync(two, ("code", authenticator.Code()));

        Assert.Equal("/account", Browser.Location(used));
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [replayed.StatusCode, older.StatusCode]);
    }

    [Fact]
    public async Task Of_many_who_bring_one_code_at_once_one_gets_in()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, _) = await person.TurnOnSecondFactorAsync();
        string code = authenticator.Code(1);
        using Browser browser = new(_identity);
        using var asked = await browser.SignInAsync(person.User.Name);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => browser.SubmitAsync(asked, ("code", code))));

        Assert.Equal(1, answers.Count(static answer => answer.StatusCode == HttpStatusCode.SeeOther));
    }

    [Fact]
    public async Task A_recovery_code_signs_in_once_and_its_user_is_told()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (_, codes) = await person.TurnOnSecondFactorAsync();
        using Browser first = new(_identity), second = new(_identity);
        using var one = await first.SignInAsync(person.User.Name);
        using var two = await second.SignInAsync(person.User.Name);

        using var used = await first.SubmitAsync(one, ("code", codes[3].ToLowerInvariant()));
        using var replayed = await second.SubmitAsync(two, ("code", codes[3]));
        using var page = await first.GetAsync("/account/second-factor");

        Assert.Equal("/account", Browser.Location(used));
        Assert.Equal(HttpStatusCode.Unauthorized, replayed.StatusCode);
        Assert.Contains("9 recovery codes are left", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await _identity.MailIsSentAsync();
        Assert.Contains("A recovery code was used", _identity.MailsTo(person.Email).Select(static mail => mail.Subject));
    }

    [Fact]
    public async Task Codes_cannot_be_guessed_from_many_addresses_and_a_recovery_code_always_gets_in()
    {
        await using var identity = await services.StartAnotherAsync(
            new("Identity:TrustedProxies", "1"), new("Identity:CodesPerAccount", "3"), new("Identity:CodePerAccountEvery", "01:00:00"));
        using var person = await Person.SignedInAsync(identity);
        var (authenticator, codes) = await person.TurnOnSecondFactorAsync();
        List<HttpStatusCode> guesses = [];
        for (int n = 1; n <= 5; n++)
        {
            using Browser thief = new(identity);
            thief.Http.DefaultRequestHeaders.Add("X-Forwarded-For", $"198.51.100.{n}");
            using var asked = await thief.SignInAsync(person.User.Name);
            using var guess = await thief.SubmitAsync(asked, ("code", authenticator.WrongCode()));
            guesses.Add(guess.StatusCode);
        }

        using Browser owner = new(identity);
        using var page = await owner.SignInAsync(person.User.Name);
        using var held = await owner.SubmitAsync(page, ("code", authenticator.Code(1)));
        using var let = await owner.SubmitAsync(page, ("code", codes[0]));

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], guesses);
        Assert.Equal(HttpStatusCode.TooManyRequests, held.StatusCode);
        Assert.Equal("/account", Browser.Location(let));
    }

    [Fact]
    public async Task It_is_on_only_after_a_first_code()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var page = await person.Browser.GetAsync("/account/second-factor");
        using var unproven = await person.Browser.SubmitAsync(page, ("action", "begin"), ("current", "not the password"));
        using var shown = await person.Browser.SubmitAsync(page, ("action", "begin"), ("current", TestUser.Password));
        var authenticator = await Authenticator.ScanAsync(shown);
        using var wrong = await person.Browser.SubmitAsync(shown, ("action", "confirm"), ("code", authenticator.WrongCode()));

        using Browser other = new(_identity);
        using var signedIn = await other.SignInAsync(person.User.Name);

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [unproven.StatusCode, wrong.StatusCode]);
        Assert.Equal("/account", Browser.Location(signedIn));
    }

    [Fact]
    public async Task To_turn_it_off_and_to_renew_the_codes_takes_password_and_code()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, codes) = await person.TurnOnSecondFactorAsync();
        using var page = await person.Browser.GetAsync("/account/second-factor");

        using var withoutPassword = await person.Browser.SubmitAsync(page, ("action", "off"), ("current", "wrong"), ("code", authenticator.Code(1)));
        using var withoutCode = await person.Browser.SubmitAsync(page, ("action", "off"), ("current", TestUser.Password), ("code", authenticator.WrongCode()));
        using var again = await person.Browser.SubmitAsync(page, ("action", "begin"), ("current", TestUser.Password));
        using var renewed = await person.Browser.SubmitAsync(page, ("action", "codes"), ("current", TestUser.Password), ("code", authenticator.Code(1)));
        using var old = await person.Browser.SubmitAsync(page, ("action", "off"), ("current", TestUser.Password), ("code", codes[0]));
        await TestDatabase.AgeAsync(_identity, $"UPDATE second_factors SET last_step = 0 WHERE user_id = '{person.User.Id}'");
        using var off = await person.Browser.SubmitAsync(page, ("action", "off"), ("current", TestUser.Password), ("code", authenticator.Code()));
        using Browser other = new(_identity);
        using var signedIn = await other.SignInAsync(person.User.Name);

        Assert.Equal(
            [HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Conflict, HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.SeeOther],
            [withoutPassword.StatusCode, withoutCode.StatusCode, again.StatusCode, renewed.StatusCode, old.StatusCode, off.StatusCode]);
        Assert.Equal("/account", Browser.Location(signedIn));
    }

    [Fact]
    public async Task A_reset_of_the_password_leaves_it_on()
    {
        using var person = await Person.SignedInAsync(_identity);
        await person.TurnOnSecondFactorAsync();
        await _identity.MailIsSentAsync();
        using Browser browser = new(_identity);
        int before = _identity.MailsTo(person.Email).Count();
        using var form = await browser.GetAsync("/reset-password");
        using var asked = await browser.SubmitAsync(form, ("account", person.User.Name));
        using var page = await browser.GetAsync((await _identity.MailToAsync(person.Email, before + 1)).Link);
        using var done = await browser.SubmitAsync(page, ("password", Person.NewPassword), ("again", Person.NewPassword));

        using var answer = await browser.SignInAsync(person.User.Name, Person.NewPassword);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("Second factor", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_hashed_again_on_the_way_lets_the_code_follow()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, _) = await person.TurnOnSecondFactorAsync();
        await using var stronger = await IdentityApplication.StartAsync(
            services.Database, services.RabbitMq, _identity.Issuer, [new("Identity:PasswordIterations", "11000")]);
        using Browser browser = new(stronger);
        using var asked = await browser.SignInAsync(person.User.Name);

        using var answer = await browser.SubmitAsync(asked, ("code", authenticator.Code(1)));

        Assert.Equal("/account", Browser.Location(answer));
    }

    [Fact]
    public async Task What_was_passed_ends_with_the_password_and_belongs_to_its_browser()
    {
        using var person = await Person.SignedInAsync(_identity);
        var (authenticator, codes) = await person.TurnOnSecondFactorAsync();
        using Browser thief = new(_identity), other = new(_identity);
        using var passed = await thief.SignInAsync(person.User.Name);
        string challenge = (await passed.Content.ReadAsStringAsync(Cancellation)).Split("name=\"challenge\" value=\"")[1].Split('"')[0];
        using var page = await other.GetAsync("/sign-in");
        string token = (await page.Content.ReadAsStringAsync(Cancellation)).Split("name=\"form_token\" value=\"")[1].Split('"')[0];

        using var elsewhere = await other.PostAsync("/sign-in/code", ("form_token", token), ("challenge", challenge), ("code", authenticator.Code(1)));
        using var form = await person.Browser.GetAsync("/account/password");
        using var changed = await person.Browser.SubmitAsync(form, ("current", TestUser.Password), ("password", Person.NewPassword), ("again", Person.NewPassword));
        using var late = await thief.SubmitAsync(passed, ("code", codes[0]));

        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [elsewhere.StatusCode, late.StatusCode]);
    }

    [Fact]
    public async Task An_operator_can_take_a_lost_one_off()
    {
        using var person = await Person.SignedInAsync(_identity);
        await person.TurnOnSecondFactorAsync();
        using var admin = await _identity.AsAdminAsync();

        using var removed = await admin.DeleteAsync($"/v1/users/{person.User.Id}/second-factor", Cancellation);
        using var again = await admin.DeleteAsync($"/v1/users/{person.User.Id}/second-factor", Cancellation);
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(person.User.Name);

        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NotFound], [removed.StatusCode, again.StatusCode]);
        Assert.Equal("/account", Browser.Location(signedIn));
    }
}

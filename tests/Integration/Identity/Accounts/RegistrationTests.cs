using System.Net;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class RegistrationTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whoever_reads_the_mail_chooses_a_name_and_a_password_and_signs_in()
    {
        string email = Person.NewEmail(), name = $"r-{Guid.NewGuid():N}";
        using Browser browser = new(_identity);
        using var page = await AskAsync(browser, email, "/register/confirm");

        using var done = await browser.SubmitAsync(page, ("name", name), ("password", TestUser.Password), ("again", TestUser.Password));
        using var signedIn = await browser.SignInAsync(name);
        using var account = await browser.GetAsync("/account");

        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        string html = WebUtility.HtmlDecode(await account.Content.ReadAsStringAsync(Cancellation));
        Assert.Contains($"E-mail: {email}", html, StringComparison.Ordinal);
        Assert.DoesNotContain("not verified", html, StringComparison.Ordinal);
        Assert.Contains("analyst", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_makes_one_account()
    {
        string email = Person.NewEmail();
        using Browser browser = new(_identity);
        using var page = await AskAsync(browser, email, "/register/confirm");
        using var first = await browser.SubmitAsync(page, ("name", $"r-{Guid.NewGuid():N}"), ("password", TestUser.Password), ("again", TestUser.Password));

        using var second = await browser.SubmitAsync(page, ("name", $"r-{Guid.NewGuid():N}"), ("password", TestUser.Password), ("again", TestUser.Password));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], [first.StatusCode, second.StatusCode]);
    }

    [Fact]
    public async Task A_taken_name_can_be_chosen_anew_with_the_same_link()
    {
        var other = await _identity.CreateUserAsync();
        using Browser browser = new(_identity);
        using var page = await AskAsync(browser, Person.NewEmail(), "/register/confirm");

        using var taken = await browser.SubmitAsync(page, ("name", other.Name), ("password", TestUser.Password), ("again", TestUser.Password));
        using var free = await browser.SubmitAsync(taken, ("name", $"r-{Guid.NewGuid():N}"), ("password", TestUser.Password), ("again", TestUser.Password));

        Assert.Equal([HttpStatusCode.Conflict, HttpStatusCode.OK], [taken.StatusCode, free.StatusCode]);
    }

    [Fact]
    public async Task An_address_that_has_an_account_is_told_by_mail_and_the_page_says_the_same()
    {
        using var person = await Person.CreateAsync(_identity);
        await _identity.MailToAsync(person.Email);
        string stranger = Person.NewEmail();
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/register");

        using var known = await browser.SubmitAsync(page, ("email", person.Email.ToUpperInvariant()));
        using var unknown = await browser.SubmitAsync(page, ("email", stranger));

        Assert.Equal(
            (await known.Content.ReadAsStringAsync(Cancellation)).Replace(person.Email.ToUpperInvariant(), "EMAIL", StringComparison.Ordinal),
            (await unknown.Content.ReadAsStringAsync(Cancellation)).Replace(stranger, "EMAIL", StringComparison.Ordinal));
        var mail = await _identity.MailToAsync(person.Email, 2);
        Assert.Equal("You have an account already", mail.Subject);
        Assert.Contains(person.User.Name, mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("token", mail.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name", "Ada Lovelace")]
    [InlineData("name", "../../etc")]
    [InlineData("password", "short")]
    [InlineData("again", "another password")]
    public async Task What_breaks_a_rule_is_said_and_can_be_corrected(string field, string value)
    {
        using Browser browser = new(_identity);
        using var page = await AskAsync(browser, Person.NewEmail(), "/register/confirm");
        Dictionary<string, string> form = new() { ["name"] = $"r-{Guid.NewGuid():N}", ["password"] = TestUser.Password, ["again"] = TestUser.Password };

        using var wrong = await browser.SubmitAsync(page, [.. form.Select(static pair => (pair.Key, pair.Value)), (field, value)]);
        using var right = await browser.SubmitAsync(wrong, form.Select(static pair => (pair.Key, pair.Value)));

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.OK], [wrong.StatusCode, right.StatusCode]);
    }

    [Theory]
    [InlineData("ada")]
    [InlineData("ada@example.test,eve@example.test")]
    [InlineData("<script>alert(1)</script>@example.test")]
    public async Task What_is_no_address_gets_no_mail(string email)
    {
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/register");

        using var answer = await browser.SubmitAsync(page, ("email", email));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("<script", await answer.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_gets_five_links_within_an_hour_whoever_asks()
    {
        string email = Person.NewEmail();
        using Browser browser = new(_identity);
        using var page = await browser.GetAsync("/register");

        for (int n = 0; n < 8; n++)
        {
            using var answer = await browser.SubmitAsync(page, ("email", email));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await _identity.MailIsSentAsync();
        Assert.Equal(5, _identity.MailsTo(email).Count());
    }

    [Fact]
    public async Task Where_registration_or_mail_is_off_there_is_no_such_page()
    {
        await using var identity = await services.StartAnotherAsync(new("Identity:Mail:File", ""), new("Identity:RegisteredRole", "viewer"));
        using Browser browser = new(identity);

        foreach (string path in new[] { "/register", "/register/confirm?token=x", "/reset-password", "/reset-password/confirm?token=x" })
        {
            using var answer = await browser.GetAsync(path);
            Assert.Equal((path, HttpStatusCode.NotFound), (path, answer.StatusCode));
        }

        using var signIn = await browser.GetAsync("/sign-in");
        Assert.DoesNotContain("Register", await signIn.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_for_mail_is_throttled_as_signing_in_is()
    {
        await using var identity = await services.StartAnotherAsync(new("Identity:AttemptsPerAccount", "2"), new("Identity:AttemptPerAccountEvery", "00:10:00"));
        using Browser browser = new(identity);
        List<HttpStatusCode> answers = [];
        foreach (var (path, field) in new[] { ("/register", "email"), ("/reset-password", "account") })
        {
            using var page = await browser.GetAsync(path);
            for (int n = 0; n < 3; n++)
            {
                using var answer = await browser.SubmitAsync(page, (field, "ada@example.test"));
                answers.Add(answer.StatusCode);
            }
        }

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests], answers);
    }

    private async Task<HttpResponseMessage> AskAsync(Browser browser, string email, string path)
    {
        using var page = await browser.GetAsync("/register");
        using var asked = await browser.SubmitAsync(page, ("email", email));
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        string link = (await _identity.MailToAsync(email)).Link;
        Assert.StartsWith(path + "?token=", link, StringComparison.Ordinal);
        return await browser.GetAsync(link);
    }
}

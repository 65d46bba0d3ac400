using System.Net;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class EmailTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_address_counts_when_its_mail_was_answered_and_the_one_before_is_told()
    {
        using var person = await Person.SignedInAsync(_identity);
        await _identity.MailToAsync(person.Email);
        string next = Person.NewEmail();
        using var page = await person.Browser.GetAsync("/account/email");
        using var asked = await person.Browser.SubmitAsync(page, ("email", next), ("current", TestUser.Password));
        string meanwhile = await AccountAsync(person);
        using var confirm = await person.Browser.GetAsync((await _identity.MailToAsync(next)).Link);

        using var done = await person.Browser.SubmitAsync(confirm);
        using var again = await person.Browser.SubmitAsync(confirm);

        Assert.Contains(person.Email, meanwhile, StringComparison.Ordinal);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadRequest], [asked.StatusCode, done.StatusCode, again.StatusCode]);
        Assert.Contains($"E-mail: {next}", await AccountAsync(person), StringComparison.Ordinal);
        Assert.Equal("Your address was changed", (await _identity.MailToAsync(person.Email, 2)).Subject);
    }

    [Fact]
    public async Task Asking_and_confirming_are_in_the_audit_trail_without_the_address()
    {
        using var person = await Person.SignedInAsync(_identity);
        string next = Person.NewEmail();
        using var page = await person.Browser.GetAsync("/account/email");
        using var asked = await person.Browser.SubmitAsync(page, ("email", next), ("current", TestUser.Password));
        using var confirm = await person.Browser.GetAsync((await _identity.MailToAsync(next)).Link);
        using var done = await person.Browser.SubmitAsync(confirm);
        using var admin = await _identity.AsAdminAsync();

        string trail = await admin.GetStringAsync($"/v1/audit?target={person.User.Id}", Cancellation);

        Assert.Contains("identity.email-change-requested", trail, StringComparison.Ordinal);
        Assert.Contains("identity.email-verified", trail, StringComparison.Ordinal);
        Assert.DoesNotContain("example.test", trail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_takes_the_password()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var page = await person.Browser.GetAsync("/account/email");

        using var answer = await person.Browser.SubmitAsync(page, ("email", Person.NewEmail()), ("current", "not the password"));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task An_address_of_somebody_else_is_not_taken_and_only_its_reader_is_told()
    {
        using var person = await Person.SignedInAsync(_identity);
        using var other = await Person.CreateAsync(_identity);
        await _identity.MailToAsync(other.Email);
        using var page = await person.Browser.GetAsync("/account/email");

        using var answer = await person.Browser.SubmitAsync(page, ("email", other.Email), ("current", TestUser.Password));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var mail = await _identity.MailToAsync(other.Email, 2);
        Assert.Equal("Your address was not taken", mail.Subject);
        Assert.DoesNotContain("token", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_got_another_account_meanwhile_is_not_taken()
    {
        using var person = await Person.SignedInAsync(_identity);
        string next = Person.NewEmail();
        using var page = await person.Browser.GetAsync("/account/email");
        using var asked = await person.Browser.SubmitAsync(page, ("email", next), ("current", TestUser.Password));
        using var confirm = await person.Browser.GetAsync((await _identity.MailToAsync(next)).Link);
        await _identity.CreateUserAsync(email: next);

        using var answer = await person.Browser.SubmitAsync(confirm);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(person.Email, await AccountAsync(person), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_who_confirm_one_address_at_one_instant_one_gets_it()
    {
        for (int round = 0; round < 5; round++)
        {
            using var ann = await Person.SignedInAsync(_identity);
            using var bob = await Person.SignedInAsync(_identity);
            string next = Person.NewEmail();
            List<HttpResponseMessage> forms = [];
            foreach (var person in (Person[])[ann, bob])
            {
                using var page = await person.Browser.GetAsync("/account/email");
                using var asked = await person.Browser.SubmitAsync(page, ("email", next), ("current", TestUser.Password));
                forms.Add(await person.Browser.GetAsync((await _identity.MailToAsync(next, forms.Count + 1)).Link));
            }

            var answers = await Task.WhenAll(ann.Browser.SubmitAsync(forms[0]), bob.Browser.SubmitAsync(forms[1]));

            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.BadRequest], answers.Select(answer => answer.StatusCode).Order());
            forms.Concat(answers).ToList().ForEach(message => message.Dispose());
        }
    }

    [Fact]
    public async Task Addresses_and_waiting_mail_are_not_in_the_database_in_the_clear()
    {
        await using var identity = await services.StartAnotherAsync(new("Identity:Mail:Host", "127.0.0.1"), new("Identity:Mail:Port", "9"), new("Identity:Mail:StartTls", "false"));
        using var person = await Person.CreateAsync(identity);

        string rows = await TestDatabase.ReadAsync<string>(identity, """
            SELECT concat((SELECT string_agg(encode(address, 'escape') || encode(address_hmac, 'escape'), ' ') FROM email_addresses), ' ',
                          (SELECT string_agg(encode(content, 'escape'), ' ') FROM mails))
            """);

        Assert.True(rows.Length > 200);
        Assert.DoesNotContain("example", rows, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("invitation", rows, StringComparison.Ordinal);
    }

    private static async Task<string> AccountAsync(Person person)
    {
        using var page = await person.Browser.GetAsync("/account");
        return WebUtility.HtmlDecode(await page.Content.ReadAsStringAsync(Cancellation));
    }
}

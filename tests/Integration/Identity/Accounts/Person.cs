using Back2Code.Identity;

namespace Back2Code.IntegrationTests.Identity.Accounts;

/// <summary>Somebody with an account and an e-mail address, at a browser.</summary>
internal sealed class Person : IDisposable
{
    public const string NewPassword = "another good password";

    private readonly IdentityApplication _identity;

    private Person(IdentityApplication identity, UserView user, string email) => (_identity, User, Email, Browser) = (identity, user, email, new Browser(identity));

    public UserView User { get; }

    public string Email { get; }

    public Browser Browser { get; }

    public static string NewEmail() => $"p-{Guid.NewGuid():N}@example.test";

    /// <summary>Made by an operator; the invitation is not waited for.</summary>
    public static async Task<Person> CreateAsync(IdentityApplication identity, string? password = TestUser.Password)
    {
        string email = NewEmail();
        return new(identity, await identity.CreateUserAsync(password: password, email: email), email);
    }

    public static async Task<Person> SignedInAsync(IdentityApplication identity)
    {
        var person = await CreateAsync(identity);
        using var answer = await person.Browser.SignInAsync(person.User.Name);
        Assert.Equal("/account", Browser.Location(answer));
        return person;
    }

    /// <summary>Asks for another password by name, as somebody who has forgotten it.</summary>
    /// <returns>The link in the mail.</returns>
    public async Task<string> ForgetAsync(string? account = null)
    {
        await _identity.MailToAsync(Email);
        int before = _identity.MailsTo(Email).Count();
        using var page = await Browser.GetAsync("/reset-password");
        using var answer = await Browser.SubmitAsync(page, ("account", account ?? User.Name));
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        return (await _identity.MailToAsync(Email, before + 1)).Link;
    }

    /// <summary>Turns the second factor on.</summary>
    public async Task<(Authenticator Authenticator, string[] RecoveryCodes)> TurnOnSecondFactorAsync()
    {
        using var page = await Browser.GetAsync("/account/second-factor");
        using var shown = await Browser.SubmitAsync(page, ("action", "begin"), ("current", TestUser.Password));
        var authenticator = await Authenticator.ScanAsync(shown);
        using var done = await Browser.SubmitAsync(shown, ("action", "confirm"), ("code", authenticator.Code()));
        string html = await done.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        string[] codes = [.. html.Split("<li><code>")[1..].Select(static part => part.Split('<')[0])];
        Assert.Equal(10, codes.Distinct().Count());
        return (authenticator, codes);
    }

    public void Dispose() => Browser.Dispose();
}

using System.Globalization;
using System.Net;
using System.Text.Json;
using Back2Code.IntegrationTests.Monitoring;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Identity.Accounts;

[Collection(SharedIdentity.Name)]
public sealed class MailDeliveryTests(IdentityFixture services)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_the_mail_server_is_down_requests_are_answered_at_once_and_the_mail_is_sent_when_it_is_back()
    {
        int port = FreePort.Next();
        await using SmtpServer smtp = new();
        await using var identity = await services.StartAnotherAsync(Smtp(port));
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/register");

        var (answer, elapsed) = await Timed.Async(() => browser.SubmitAsync(page, ("email", "ada@example.test")));
        await Eventually.IsTrueAsync(
            async () => await TestDatabase.ReadAsync<int>(identity, "SELECT max(attempts) FROM mails") >= 1, Bound, "it was tried");
        smtp.Start(port);
        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "the mail has come");

        using (answer)
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.True(elapsed < TimeSpan.FromSeconds(5), $"a request took {elapsed} while the mail server was down");
        string mail = smtp.Mails.First();
        Assert.Contains("To: ada@example.test\n", mail, StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated\n", mail, StringComparison.Ordinal);
        using var followed = await browser.GetAsync(LinkIn(mail));
        Assert.Equal(HttpStatusCode.OK, followed.StatusCode);
        await identity.MailIsSentAsync();
        Assert.Single(smtp.Mails);
    }

    [Fact]
    public async Task Mail_that_one_process_could_not_send_another_sends()
    {
        int port = FreePort.Next();
        await using SmtpServer smtp = new();
        string database = await services.NewDatabaseAsync();
        await using (var first = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, Smtp(port)))
        {
            using Browser browser = new(first);
            using var page = await browser.GetAsync("/register");
            using var answer = await browser.SubmitAsync(page, ("email", "ada@example.test"));
        }

        await using var second = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, Smtp(port));
        smtp.Start(port);

        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "the mail has come");
        Assert.Contains("To: ada@example.test\n", Assert.Single(smtp.Mails), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("451 4.3.0 try later")]
    [InlineData("554 5.7.1 no")]
    [InlineData(null)]
    public async Task A_mail_server_that_refuses_or_hangs_is_tried_again(string? verdict)
    {
        await using SmtpServer smtp = new() { Verdict = verdict };
        smtp.Start();
        await using var identity = await services.StartAnotherAsync(Smtp(smtp.Port));
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/register");
        using var answer = await browser.SubmitAsync(page, ("email", "ada@example.test"));

        await Eventually.IsTrueAsync(() => smtp.Connections >= 2, Bound, "it is tried again");
        smtp.Verdict = "250 2.0.0 queued";
        await Eventually.IsTrueAsync(() => !smtp.Mails.IsEmpty, Bound, "it has come");

        Assert.Contains("To: ada@example.test\n", smtp.Mails.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mail_server_without_TLS_gets_neither_mail_nor_password_unless_that_is_wanted()
    {
        using ServerHome home = new("mail");
        await using SmtpServer smtp = new() { Account = ("identity", "secret") };
        smtp.Start();
        await using var identity = await services.StartAnotherAsync(
            [.. Smtp(smtp.Port), new("Identity:Mail:StartTls", "true"), new("Identity:Mail:UserName", "identity"), new("Identity:Mail:PasswordFile", home.Write("password", "secret"))]);
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/register");
        using var answer = await browser.SubmitAsync(page, ("email", "ada@example.test"));

        await Eventually.IsTrueAsync(() => smtp.Connections >= 2, Bound, "it is tried again");

        Assert.Empty(smtp.Mails);
        Assert.DoesNotContain(smtp.Heard, static heard => heard.Line.StartsWith("AUTH", StringComparison.OrdinalIgnoreCase) || heard.Line.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_full_queue_asks_to_come_again_and_stops_nothing_else()
    {
        await using var identity = await services.StartAnotherAsync([.. Smtp(FreePort.Next()), new("Identity:Mail:MostWaiting", "10")]);
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/register");
        List<HttpStatusCode> answers = [];
        for (int n = 0; n < 11; n++)
        {
            using var answer = await browser.SubmitAsync(page, ("email", $"ada{n.ToString(CultureInfo.InvariantCulture)}@example.test"));
            answers.Add(answer.StatusCode);
        }

        // News of an account is left out; what it is about happens.
        using var person = await Person.CreateAsync(identity);
        using var signedIn = await person.Browser.SignInAsync(person.User.Name);

        Assert.Equal([.. Enumerable.Repeat(HttpStatusCode.OK, 10), HttpStatusCode.ServiceUnavailable], answers);
        Assert.Equal("/account", Browser.Location(signedIn));
    }

    [Fact]
    public async Task In_the_lab_mail_is_a_file_that_its_owner_alone_reads()
    {
        using ServerHome home = new("mail");
        string path = Path.Combine(home.Path, "lab", "mail.jsonl");
        await using var identity = await services.StartAnotherAsync(new KeyValuePair<string, string>("Identity:Mail:File", path));
        using var person = await Person.CreateAsync(identity);

        await identity.MailToAsync(person.Email);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
        using var line = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(path, Cancellation)));
        Assert.Equal(["id", "time", "to", "subject", "text"], line.RootElement.EnumerateObject().Select(static member => member.Name));
    }

    private static KeyValuePair<string, string>[] Smtp(int port) =>
    [
        new("Identity:Mail:Host", "127.0.0.1"),
        new("Identity:Mail:Port", port.ToString(CultureInfo.InvariantCulture)),
        new("Identity:Mail:StartTls", "false"),
        new("Identity:Mail:Timeout", "00:00:02"),
    ];

    private static string LinkIn(string mail) => new Uri(mail.Split('\n').First(static line => line.Contains("?token=", StringComparison.Ordinal))).PathAndQuery;
}

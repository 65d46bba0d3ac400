using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Back2Code.Identity;
using Back2Code.IntegrationTests.Identity.Accounts;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class ReencryptionTests(IdentityFixture services)
{
    private readonly string _newKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Mail waits, and comes due again soon.</summary>
    private static readonly KeyValuePair<string, string>[] NoMailServer =
        [new("Identity:Mail:Host", "127.0.0.1"), new("Identity:Mail:Port", "9"), new("Identity:Mail:StartTls", "false"), new("Identity:Mail:Timeout", "00:00:01")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_all_is_under_the_new_key_the_old_one_can_be_removed()
    {
        string database = await services.NewDatabaseAsync();
        string name, email;
        Authenticator authenticator;
        await using (var before = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, NoMailServer))
        {
            using var person = await Person.SignedInAsync(before);
            (authenticator, _) = await person.TurnOnSecondFactorAsync();
            (name, email) = (person.User.Name, person.Email);
            await Eventually.IsTrueAsync(
                async () => await TestDatabase.ReadAsync<long>(before, "SELECT count(*) FROM account_tokens") > 0, TimeSpan.FromSeconds(20), "a mail was composed");
            for (int n = 0; n < 5; n++)
            {
                await before.CreateUserAsync(email: Person.NewEmail());
            }

            // More than one page, of links here.
            await TestDatabase.AgeAsync(before, """
                INSERT INTO account_tokens (token_sha256, purpose, user_id, address, encryption_version, address_hmac, created_at, expires_at)
                SELECT sha256(convert_to(n::text, 'UTF8')), purpose, user_id, address, encryption_version, address_hmac, created_at, expires_at
                FROM (SELECT * FROM account_tokens LIMIT 1) AS one, generate_series(1, 450) AS n
                """);
        }

        EncryptionView first, last;
        int requests = 1;
        await using (var between = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, [.. Under(2, _newKey, (1, IdentityApplication.EncryptionKey)), .. NoMailServer]))
        {
            using var admin = await between.AsAdminAsync();
            first = (await admin.GetFromJsonAsync<EncryptionView>("/v1/keys/encryption", Cancellation))!;
            for (last = await RotateAsync(admin); last.Left > 0; last = await RotateAsync(admin))
            {
                requests++;
            }

            var again = await RotateAsync(admin);
            string trail = await admin.GetStringAsync("/v1/audit?action=identity.encryption-rotated", Cancellation);

            Assert.Equal((0, 0L), (again.Changed, again.Left));
            Assert.Contains("\"reason\":\"200 rows\"", trail, StringComparison.Ordinal);
        }

        await using var after = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, Under(2, _newKey));
        using var checker = await after.AsAdminAsync();
        using var taken = await checker.PostAsJsonAsync("/v1/users", new { name = $"u-{Guid.NewGuid():N}", role = "viewer", email }, Cancellation);
        using Browser browser = new(after);
        using var asked = await browser.SignInAsync(name);
        using var signedIn = await browser.SubmitAsync(asked, ("code", authenticator.Code(1)));
        using var account = await browser.GetAsync("/account");

        Assert.Equal(2, first.Version);
        Assert.Equal([1], first.PreviousVersions);
        Assert.InRange(first.Left, 450 + 6 + 1 + 2 + 6, long.MaxValue);
        Assert.InRange(first.ByKind["mails"], 6, 20);
        Assert.Equal((0L, 0L), (last.Left, last.Unreadable));
        Assert.InRange(requests, 5, 20);
        await taken.IsProblemAsync(System.Net.HttpStatusCode.Conflict, "email-taken");
        Assert.Equal("/account", Browser.Location(signedIn));
        Assert.Contains(name, (await after.MailToAsync(email)).Text, StringComparison.Ordinal);
        Assert.Contains(email, await account.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replicas_share_the_work_and_rows_without_a_key_are_counted_and_left_alone()
    {
        string database = await services.NewDatabaseAsync();
        await using (var before = await IdentityApplication.StartAsync(database, services.RabbitMq))
        {
            for (int n = 0; n < 3; n++)
            {
                await before.CreateUserAsync(email: Person.NewEmail());
            }

            await before.MailIsSentAsync();
            await TestDatabase.AgeAsync(before, "UPDATE email_addresses SET encryption_version = 7 WHERE user_id = (SELECT user_id FROM email_addresses LIMIT 1)");
        }

        await using var identity = await IdentityApplication.StartAsync(database, services.RabbitMq, issuer: null, Under(2, _newKey, (1, IdentityApplication.EncryptionKey)));
        using var admin = await identity.AsAdminAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RotateAsync(admin)));
        var last = await RotateAsync(admin);
        while (last.Left > 0)
        {
            last = await RotateAsync(admin);
        }

        Assert.Equal((1L, 1L), (last.Unreadable, last.ByKind["emailAddresses"]));
        Assert.Equal("2 7", await TestDatabase.ReadAsync<string>(identity, "SELECT string_agg(DISTINCT encryption_version::text, ' ') FROM email_addresses"));
    }

    private static async Task<EncryptionView> RotateAsync(HttpClient admin)
    {
        using var response = await admin.PostAsync("/v1/keys/encryption/rotate", null, Cancellation);
        return JsonSerializer.Deserialize<EncryptionView>(await response.Content.ReadAsStringAsync(Cancellation), JsonSerializerOptions.Web)!;
    }

    private static Dictionary<string, string> Under(int version, string key, params (int Version, string Key)[] previous)
    {
        Dictionary<string, string> settings = new()
        {
            ["Identity:EncryptionKey"] = key,
            ["Identity:EncryptionKeyVersion"] = $"{version}",
        };
        foreach (var one in previous)
        {
            settings[$"Identity:PreviousEncryptionKeys:{one.Version}"] = one.Key;
        }

        return settings;
    }
}

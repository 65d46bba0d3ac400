using Back2Code.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class RetentionTests(IdentityFixture services)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_has_expired_is_removed_and_what_is_good_stays()
    {
        await using var identity = await services.StartAnotherAsync();
        var user = await identity.CreateUserAsync();
        var client = await identity.CreateWebClientAsync();
        using Browser browser = new(identity);
        await browser.AuthorizeAsync(client, user.Name);
        using var device = await identity.PostAsync("/oauth2/device_authorization", client, ("scope", "openid"));
        using var issued = await identity.TokenAsync(TestClient.Lab, "client_credentials");
        using var revoked = await identity.PostAsync("/oauth2/revoke", TestClient.Lab, ("token", (await issued.JsonAsync()).Text("access_token")));
        var sweep = identity.Services.GetRequiredService<RetentionSweep>();

        await sweep.SweepOnceAsync(Cancellation);
        string before = await CountAsync(identity);
        foreach (string table in new[] { "sessions", "grants", "device_codes", "revoked_tokens" })
        {
            await TestDatabase.AgeAsync(identity, $"UPDATE {table} SET expires_at = expires_at - interval '400 days'");
        }

        await TestDatabase.AgeAsync(identity, "UPDATE sign_in_buckets SET updated_at = updated_at - interval '2 days'");
        await sweep.SweepOnceAsync(Cancellation);
        string after = await CountAsync(identity);

        Assert.Equal("1 1 1 1 1 1", before);
        Assert.Equal("0 0 0 0 0 0", after);
    }

    private static Task<string> CountAsync(IdentityApplication identity) => TestDatabase.ReadAsync<string>(identity, """
        SELECT concat_ws(' ', (SELECT count(*) FROM sessions), (SELECT count(*) FROM grants), (SELECT count(*) FROM authorization_codes),
                              (SELECT count(*) FROM device_codes), (SELECT count(*) FROM revoked_tokens), (SELECT count(*) FROM sign_in_buckets))
        """);
}

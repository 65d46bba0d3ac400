using System.Text.Json;
using Back2Code.IntegrationTests.Servers;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>
/// A certified client of OpenID Connect and a library for tokens that others wrote and published, unchanged: they find everything in the discovery document,
/// and check what standards let them check.
/// </summary>
[Collection(SharedIdentity.Name)]
public sealed class NpmClientTests(IdentityFixture services)
{
    [Fact]
    public async Task Published_clients_work_with_every_flow()
    {
        using var program = await NodeProgram.InstallAsync("Identity/openid-client.mjs", "openid-client@6", "jose@6");
        var identity = services.Identity;
        var user = await identity.CreateUserAsync();
        var confidential = await identity.CreateWebClientAsync(firstParty: false);
        var open = await identity.CreateWebClientAsync(confidential: false);
        var settings = JsonSerializer.Serialize(new
        {
            issuer = identity.Issuer,
            audience = IdentityApplication.Audience,
            user = user.Name,
            subject = user.Id,
            password = TestUser.Password,
            redirectUri = Browser.RedirectUri,
            signedOutUri = Browser.SignedOutUri,
            confidential = new { id = confidential.Id, secret = confidential.Secret },
            @public = new { id = open.Id },
            lab = new { id = TestClient.Lab.Id, secret = TestClient.Lab.Secret },
        });

        var (exitCode, output, errors) = await program.RunAsync(settings);

        Assert.True(exitCode == 0, errors);
        Assert.Equal(
            [
                "client credentials by client_secret_post", "client credentials by client_secret_basic", "token exchange",
                "authorization code of a confidential client", "authorization code of a public client", "wrong state", "wrong nonce",
                "refresh", "userinfo", "introspection", "revocation", "device code", "sign-out", "jose",
            ],
            JsonElement.Parse(output).EnumerateArray().Select(static done => done.GetString()));
    }
}

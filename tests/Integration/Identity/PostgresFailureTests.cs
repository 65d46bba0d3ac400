using System.Net;
using System.Net.Http.Headers;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Identity;

[Collection(FailureDrills.Name)]
public sealed class PostgresFailureTests(SharedServers servers)
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task While_PostgreSQL_is_dead_sign_in_says_when_to_come_back_and_tokens_stay_good()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var identity = await IdentityApplication.StartAsync(
            await postgres.CreateDatabaseAsync("identity"), (await servers.RabbitMqAsync()).ConnectionString);
        using Browser browser = new(identity);
        using var page = await browser.GetAsync("/sign-in");
        using var issued = await identity.TokenAsync(TestClient.Lab, "client_credentials");
        string token = (await issued.JsonAsync()).Text("access_token");
        using var bearer = identity.Anonymous();
        bearer.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await postgres.KillAsync();

        for (int round = 0; round < 3; round++)
        {
            var (refused, tokenTook) = await Timed.Async(() => identity.TokenAsync(TestClient.Lab, "client_credentials"));
            var (signIn, signInTook) = await Timed.Async(() => browser.SubmitAsync(page, ("name", "ada"), ("password", TestUser.Password)));
            using var keys = await browser.GetAsync("/.well-known/jwks.json");
            using var discovery = await browser.GetAsync("/.well-known/openid-configuration");
            using var form = await browser.GetAsync("/sign-in");
            using var users = await bearer.GetAsync("/v1/users", TestContext.Current.CancellationToken);

            await refused.IsOAuthErrorAsync("temporarily_unavailable", 503);
            Assert.InRange(refused.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, signIn.StatusCode);
            Assert.Equal("text/html", signIn.Content.Headers.ContentType?.MediaType);
            Assert.InRange(signIn.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
            Assert.True(tokenTook < Budget && signInTook < Budget, $"the answers took {tokenTook} and {signInTook}");
            Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK], [keys.StatusCode, discovery.StatusCode, form.StatusCode]);

            // Not 401: the token is validated from memory, and it is the list that is not there.
            await users.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "dependency-unavailable");
        }

        await postgres.RestartAsync();
        await Eventually.IsTrueAsync(
            async () => (await identity.TokenAsync(TestClient.Lab, "client_credentials")).IsSuccessStatusCode, TimeSpan.FromSeconds(5), "tokens are issued again");
    }
}

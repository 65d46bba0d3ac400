using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Back2Code.Identity;
using Back2Code.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class KeyTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_documents_describe_what_is_there()
    {
        using var http = _identity.Anonymous();

        using var discovery = await http.GetAsync("/.well-known/openid-configuration", Cancellation);
        using var metadata = await http.GetAsync("/.well-known/oauth-authorization-server", Cancellation);

        var document = await discovery.JsonAsync();
        Assert.Equal(_identity.Issuer, document.Text("issuer"));
        Assert.Equal(_identity.Issuer + "/oauth2/token", document.Text("token_endpoint"));
        Assert.Equal("S256", document.GetProperty("code_challenge_methods_supported").EnumerateArray().Single().GetString());
        Assert.Equal(TimeSpan.FromMinutes(5), discovery.Headers.CacheControl?.MaxAge);
        Assert.Equal(document.GetRawText(), (await metadata.JsonAsync()).GetRawText());
    }

    [Fact]
    public async Task The_key_set_holds_public_keys_only_and_the_database_no_readable_private_one()
    {
        using var http = _identity.Anonymous();

        using var response = await http.GetAsync("/.well-known/jwks.json", Cancellation);

        var keys = (await response.JsonAsync()).GetProperty("keys").EnumerateArray().ToList();
        Assert.True(response.Headers.CacheControl?.Public);
        Assert.All(keys, static key => Assert.Equal(
            ["alg", "crv", "kid", "kty", "use", "x", "y"], key.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal)));
        byte[] stored = await TestDatabase.ReadAsync<byte[]>(_identity, "SELECT private_key FROM signing_keys WHERE state = 'active'");
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => SigningKey.FromPrivate(stored));
    }

    [Fact]
    public async Task Rotation_needs_no_restart_and_no_token_fails()
    {
        await using var first = await services.StartAnotherAsync([new("Identity:KeyRefreshInterval", "00:00:00.2")]);
        await using var second = await IdentityApplication.StartAsync(
            first.Services.GetConnectionString(), services.RabbitMq, first.Issuer, [new("Identity:KeyRefreshInterval", "00:00:00.2")]);
        using var admin = await first.AsAdminAsync();
        string before = await TokenAsync(first);

        using var rotated = await admin.PostAsync("/v1/keys/rotate", null, Cancellation);
        string after = await TokenAsync(first);

        Assert.Equal(["next", "active", "retired"], (await rotated.Content.ReadFromJsonAsync<List<KeyView>>(Cancellation))!.Select(static key => key.State).OrderBy(static state => state == "next" ? 0 : state == "active" ? 1 : 2));
        Assert.NotEqual(before.Header().Text("kid"), after.Header().Text("kid"));
        foreach (var replica in new[] { first, second })
        {
            // The second replica has not been told: it looks when it meets a key that it does not know.
            await IsAcceptedAsync(replica, before);
            await IsAcceptedAsync(replica, after);
            using var introspected = await replica.PostAsync("/oauth2/introspect", TestClient.Lab, ("token", after));
            Assert.True((await introspected.JsonAsync()).GetProperty("active").GetBoolean());
        }

        await Eventually.IsTrueAsync(
            async () => (await TokenAsync(second)).Header().Text("kid") == after.Header().Text("kid"), TimeSpan.FromSeconds(10), "the other replica signs with the new key");
    }

    [Fact]
    public async Task The_schedule_rotates_when_the_next_key_has_been_published_long_enough_and_forgets_old_keys()
    {
        await using var identity = await services.StartAnotherAsync([new("Identity:KeyRefreshInterval", "00:00:00.2")]);
        string before = (await TokenAsync(identity)).Header().Text("kid");
        await TestDatabase.AgeAsync(identity, "UPDATE signing_keys SET activated_at = activated_at - interval '31 days' WHERE state = 'active'");

        // Its successor is too young: somebody may hold a key set without it.
        await identity.Services.GetRequiredService<KeyKeeper>().RefreshOnceAsync(Cancellation);
        string still = (await TokenAsync(identity)).Header().Text("kid");
        await TestDatabase.AgeAsync(identity, "UPDATE signing_keys SET created_at = created_at - interval '16 minutes' WHERE state = 'next'");
        await identity.Services.GetRequiredService<KeyKeeper>().RefreshOnceAsync(Cancellation);
        string after = (await TokenAsync(identity)).Header().Text("kid");
        Assert.Equal(3, await PublishedAsync(identity));
        await TestDatabase.AgeAsync(identity, "UPDATE signing_keys SET retired_at = retired_at - interval '3 hours' WHERE state = 'retired'");
        await identity.Services.GetRequiredService<KeyKeeper>().RefreshOnceAsync(Cancellation);

        Assert.Equal(before, still);
        Assert.NotEqual(before, after);
        Assert.Equal(2, await PublishedAsync(identity));
    }

    [Fact]
    public async Task Replicas_that_start_together_make_one_set_of_keys()
    {
        await using var first = await services.StartAnotherAsync();
        string database = first.Services.GetConnectionString();

        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => IdentityApplication.StartAsync(database, services.RabbitMq, first.Issuer)));

        var kids = await Task.WhenAll(replicas.Select(async replica => (await TokenAsync(replica)).Header().Text("kid")));
        Assert.Single(kids.Distinct());
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_replica_with_another_encryption_key_does_not_become_ready_and_changes_nothing()
    {
        await using var first = await services.StartAnotherAsync();
        string before = (await TokenAsync(first)).Header().Text("kid");

        await using var wrong = IdentityApplication.Create(
            first.Services.GetConnectionString(), services.RabbitMq, first.Issuer,
            [new("Identity:EncryptionKey", Convert.ToBase64String(new byte[32])), new("Identity:KeyRefreshInterval", "00:00:00.1")]);
        wrong.StartServer();
        using var http = wrong.Anonymous();
        string body = "";
        await Eventually.IsTrueAsync(
            async () =>
            {
                using var health = await http.GetAsync("/health/ready", Cancellation);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
                body = await health.Content.ReadAsStringAsync(Cancellation);
                return body.Contains("cannot be decrypted", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(20),
            "the replica says why it is not ready");
        using var keys = await http.GetAsync("/.well-known/jwks.json", Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, keys.StatusCode);
        Assert.Equal(before, (await TokenAsync(first)).Header().Text("kid"));
    }

    private static async Task<string> TokenAsync(IdentityApplication identity)
    {
        using var response = await identity.TokenAsync(TestClient.Lab, "client_credentials");
        return (await response.JsonAsync()).Text("access_token");
    }

    private static async Task<int> PublishedAsync(IdentityApplication identity)
    {
        using var http = identity.Anonymous();
        using var response = await http.GetAsync("/.well-known/jwks.json", Cancellation);
        return (await response.JsonAsync()).GetProperty("keys").GetArrayLength();
    }

    private static async Task IsAcceptedAsync(IdentityApplication identity, string token)
    {
        using var http = identity.Anonymous();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await http.GetAsync("/v1/users?limit=1", Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}

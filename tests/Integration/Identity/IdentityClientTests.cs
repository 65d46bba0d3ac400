using Back2Code.Chaos.Identity;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>How the lab asks the identity service.</summary>
[Collection(SharedIdentity.Name)]
public sealed class IdentityClientTests(IdentityFixture services)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_gets_a_token_of_a_user_by_exchange()
    {
        var user = await services.Identity.CreateUserAsync();
        using var client = Client();

        var token = await client.ExchangeAsync(user.Name, scope: null, Cancellation);
        var narrow = await client.ExchangeAsync(user.Name, "notes:read", Cancellation);

        Assert.Equal(user.Id.ToString(), token.Claims().Text("sub"));
        Assert.Contains("notes:write", token.Claims().Text("scope"), StringComparison.Ordinal);
        Assert.Equal("notes:read", narrow.Claims().Text("scope"));
    }

    [Fact]
    public async Task It_manages_in_its_own_name()
    {
        using var client = Client();

        var keys = await client.SendAsync(HttpMethod.Get, "/v1/keys", null, Cancellation);

        Assert.Contains(keys.EnumerateArray(), key => key.Text("state") == "active");
    }

    [Theory]
    [InlineData("not the secret", "401 (invalid_client)")]
    [InlineData(null, "cannot be reached")]
    public async Task What_it_is_refused_is_told_without_its_secret(string? secret, string words)
    {
        using var client = secret is null
            ? new IdentityClient(new IdentityAccess(new Uri("http://127.0.0.1:9"), "lab", "not the secret"), TimeProvider.System)
            : Client(secret);

        var error = await Assert.ThrowsAsync<IdentityException>(() => client.ExchangeAsync("ada", scope: null, Cancellation));

        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not the secret", error.Message, StringComparison.Ordinal);
    }

    private IdentityClient Client(string? secret = null) =>
        new(new IdentityAccess(new Uri(services.Identity.Address), TestClient.Lab.Id, secret ?? TestClient.Lab.Secret!), TimeProvider.System);
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Back2Code.Identity;
using Back2Code.Identity.Audit;
using Back2Code.IntegrationTests.Services;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class ManagementTests(IdentityFixture services)
{
    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_done_to_users_and_by_them_is_in_the_audit_trail()
    {
        var user = await _identity.CreateUserAsync();
        using var browser = new Browser(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);

        using var admin = await _identity.AsAdminAsync();
        using var response = await admin.GetAsync($"/v1/audit?target={user.Id}", Cancellation);
        var page = (await response.Content.ReadFromJsonAsync<AuditPage>(Cancellation))!;

        Assert.Equal(["identity.sign-in", "identity.user-created"], page.Items.Select(static record => record.Action));
        Assert.Equal(user.Id.ToString(), page.Items[0].Actor.Subject);
    }

    [Fact]
    public async Task Users_are_listed_page_by_page_newest_first_and_without_secrets()
    {
        List<string> made = [];
        for (int n = 0; n < 5; n++)
        {
            made.Add((await _identity.CreateUserAsync()).Name);
        }

        using var admin = await _identity.AsAdminAsync();
        List<string> listed = [];
        string? cursor = null;
        do
        {
            using var response = await admin.GetAsync($"/v1/users?limit=2{(cursor is null ? "" : "&cursor=" + cursor)}", Cancellation);
            var page = (await response.Content.ReadFromJsonAsync<UserPage>(Cancellation))!;
            listed.AddRange(page.Items.Select(static user => user.Name));
            cursor = page.Next;
        }
        while (cursor is not null && listed.Count < 6);

        Assert.Equal(Enumerable.Reverse(made), listed.Where(made.Contains));
        using var raw = await admin.GetAsync("/v1/users", Cancellation);
        Assert.DoesNotContain("AQAAAA", await raw.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        var user = await _identity.CreateUserAsync();
        using var admin = await _identity.AsAdminAsync();

        using var response = await admin.PostAsJsonAsync("/v1/users", new { name = user.Name, role = "viewer" }, Cancellation);

        await response.IsProblemAsync(HttpStatusCode.Conflict, "user-name-taken");
    }

    [Theory]
    [InlineData("Ada", "viewer", null)]
    [InlineData("", "viewer", null)]
    [InlineData("ada", "root", null)]
    [InlineData("ada", "viewer", "short")]
    public async Task A_user_that_breaks_a_rule_is_not_made(string name, string role, string? password)
    {
        using var admin = await _identity.AsAdminAsync();

        using var response = await admin.PostAsJsonAsync("/v1/users", new { name, role, password }, Cancellation);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "validation-failed");
    }

    [Theory]
    [InlineData("authorization_code", "notes:read", null, true)]
    [InlineData("authorization_code", "notes:read", "http://example.test/callback", true)]
    [InlineData("authorization_code", "notes:read", "https://app.test/callback#x", true)]
    [InlineData("authorization_code", "notes:read", "https://*.app.test/callback", true)]
    [InlineData("authorization_code", "notes:read", "https://user@app.test/callback", true)]
    [InlineData("authorization_code", "notes:read", "javascript:alert(1)", true)]
    [InlineData("authorization_code", "notes:read", "/callback", true)]
    [InlineData("client_credentials", "notes:read", null, false)]
    [InlineData("urn:ietf:params:oauth:grant-type:token-exchange", "notes:read", null, true)]
    [InlineData("password", "notes:read", null, true)]
    [InlineData("client_credentials", "root", null, true)]
    public async Task A_client_that_breaks_a_rule_is_not_made(string grant, string scope, string? redirectUri, bool confidential)
    {
        using var admin = await _identity.AsAdminAsync();

        using var response = await admin.PostAsJsonAsync(
            "/v1/clients", new CreateClientRequest("Bad", confidential, [grant], [scope], redirectUri is null ? null : [redirectUri]), Cancellation);

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "client-invalid");
    }

    [Fact]
    public async Task A_new_secret_ends_the_one_before_and_secrets_are_shown_once()
    {
        var client = await _identity.CreateClientAsync(new("Worker", true, ["client_credentials"], ["jobs:*"]));
        using var admin = await _identity.AsAdminAsync();

        using var response = await admin.PostAsync($"/v1/clients/{client.Id}/secret", null, Cancellation);
        var secret = (await response.Content.ReadFromJsonAsync<ClientSecret>(Cancellation))!;
        using var before = await _identity.TokenAsync(client, "client_credentials");
        using var after = await _identity.TokenAsync(client with { Secret = secret.Secret }, "client_credentials");
        using var list = await admin.GetAsync("/v1/clients", Cancellation);

        await before.IsOAuthErrorAsync("invalid_client", 401);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.DoesNotContain(secret.Secret, await list.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_token_does_not_hold_it_does_not_open()
    {
        using var response = await _identity.TokenAsync(TestClient.Lab, "client_credentials", ("scope", "users:read"));
        using var reader = _identity.Anonymous();
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.JsonAsync()).Text("access_token"));
        using var anonymous = _identity.Anonymous();

        using var read = await reader.GetAsync("/v1/users", Cancellation);
        using var write = await reader.PostAsJsonAsync("/v1/users", new { name = "eve", role = "admin" }, Cancellation);
        using var rotate = await reader.PostAsync("/v1/keys/rotate", null, Cancellation);
        using var nobody = await anonymous.GetAsync("/v1/users", Cancellation);

        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        await write.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        await rotate.IsProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        await nobody.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Who_is_not_there_cannot_be_changed()
    {
        using var admin = await _identity.AsAdminAsync();
        Guid id = Guid.CreateVersion7();

        using var role = await admin.PutAsJsonAsync($"/v1/users/{id}/role", new { role = "viewer" }, Cancellation);
        using var disable = await admin.PostAsync($"/v1/users/{id}/disable", null, Cancellation);
        using var secret = await admin.PostAsync("/v1/clients/nobody/secret", null, Cancellation);

        await role.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
        await disable.IsProblemAsync(HttpStatusCode.NotFound, "user-not-found");
        await secret.IsProblemAsync(HttpStatusCode.NotFound, "client-not-found");
    }
}

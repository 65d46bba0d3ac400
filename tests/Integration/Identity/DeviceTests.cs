using System.Net;
using System.Text.Json;

namespace Back2Code.IntegrationTests.Identity;

[Collection(SharedIdentity.Name)]
public sealed class DeviceTests(IdentityFixture services)
{
    private const string Grant = "urn:ietf:params:oauth:grant-type:device_code";

    private readonly IdentityApplication _identity = services.Identity;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_device_waits_while_its_user_signs_in_and_allows_it()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync(confidential: false);
        var device = await BeginAsync(client);
        using Browser browser = new(_identity);

        using var pending = await PollAsync(client, device);
        using var sentToSignIn = await browser.GetAsync(new Uri(device.Text("verification_uri_complete")).PathAndQuery);
        using var signIn = await browser.GetAsync(Browser.Location(sentToSignIn));
        using var signedIn = await browser.SubmitAsync(signIn, ("name", user.Name), ("password", TestUser.Password));
        using var ask = await browser.GetAsync(Browser.Location(signedIn));
        using var confirm = await browser.SubmitAsync(ask, ("user_code", device.Text("user_code").ToLowerInvariant()));
        using var allowed = await browser.SubmitAsync(confirm, ("decision", "allow"));
        await RestAsync(device);
        using var issued = await PollAsync(client, device);
        using var again = await PollAsync(client, device);

        await pending.IsOAuthErrorAsync("authorization_pending");
        Assert.Contains(device.Text("user_code"), await ask.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("Notebook", await confirm.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        var tokens = await issued.JsonAsync();
        Assert.Equal(user.Id.ToString(), tokens.Text("access_token").Claims().Text("sub"));
        Assert.True(tokens.TryGetProperty("refresh_token", out var refreshToken));
        await again.IsOAuthErrorAsync("invalid_grant");

        // The second use ended what the first one gave.
        using var refreshed = await _identity.TokenAsync(client, "refresh_token", ("refresh_token", refreshToken.GetString()!));
        await refreshed.IsOAuthErrorAsync("invalid_grant");
    }

    [Fact]
    public async Task A_user_can_deny_it()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        var device = await BeginAsync(client);
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);
        using var ask = await browser.GetAsync("/device");
        using var confirm = await browser.SubmitAsync(ask, ("user_code", device.Text("user_code")));

        using var denied = await browser.SubmitAsync(confirm, ("decision", "deny"));
        using var late = await browser.SubmitAsync(confirm, ("decision", "allow"));
        using var polled = await PollAsync(client, device);

        Assert.Equal(HttpStatusCode.OK, denied.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        await polled.IsOAuthErrorAsync("access_denied");
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_slow_down()
    {
        var client = await _identity.CreateWebClientAsync();
        var device = await BeginAsync(client);

        using var first = await PollAsync(client, device);
        using var second = await PollAsync(client, device);
        int interval = await TestDatabase.ReadAsync<int>(_identity, "SELECT interval_s FROM device_codes ORDER BY polled_at DESC NULLS LAST LIMIT 1");

        await first.IsOAuthErrorAsync("authorization_pending");
        await second.IsOAuthErrorAsync("slow_down");
        Assert.Equal(6, interval);
    }

    [Fact]
    public async Task Expired_made_up_and_other_devices_codes_are_refused()
    {
        var user = await _identity.CreateUserAsync();
        var client = await _identity.CreateWebClientAsync();
        var other = await _identity.CreateWebClientAsync();
        var device = await BeginAsync(client);
        using Browser browser = new(_identity);
        using var signedIn = await browser.SignInAsync(user.Name);
        using var ask = await browser.GetAsync("/device");

        using var stolen = await PollAsync(other, device);
        using var madeUp = await _identity.TokenAsync(client, Grant, ("device_code", "AAAA"));
        using var missing = await _identity.TokenAsync(client, Grant);
        await TestDatabase.AgeAsync(_identity, $"UPDATE device_codes SET expires_at = '2020-01-01' WHERE client_id = '{client.Id}'");
        using var expired = await PollAsync(client, device);
        using var typed = await browser.SubmitAsync(ask, ("user_code", device.Text("user_code")));
        using var nonsense = await browser.SubmitAsync(ask, ("user_code", "<b>"));

        await stolen.IsOAuthErrorAsync("invalid_grant");
        await madeUp.IsOAuthErrorAsync("invalid_grant");
        await missing.IsOAuthErrorAsync("invalid_request");
        await expired.IsOAuthErrorAsync("expired_token");
        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [typed.StatusCode, nonsense.StatusCode]);
        Assert.DoesNotContain("<b>", await nonsense.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private async Task<JsonElement> BeginAsync(TestClient client)
    {
        using var response = await _identity.PostAsync("/oauth2/device_authorization", client, ("scope", "openid offline_access notes:write"));
        return await response.JsonAsync();
    }

    private Task<HttpResponseMessage> PollAsync(TestClient client, JsonElement device) =>
        _identity.TokenAsync(client, Grant, ("device_code", device.Text("device_code")));

    /// <summary>Lets the pause between two questions pass.</summary>
    private Task RestAsync(JsonElement device) => TestDatabase.AgeAsync(
        _identity, $"UPDATE device_codes SET polled_at = polled_at - interval '10 seconds' WHERE user_code = '{device.Text("user_code").Replace("-", "", StringComparison.Ordinal)}'");
}

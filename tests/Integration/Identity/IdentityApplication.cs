using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Back2Code.Identity;
using Back2Code.IntegrationTests.Servers;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Hosting;

namespace Back2Code.IntegrationTests.Identity;

/// <summary>The identity service with its database. Its port is known before it starts, because it is part of the issuer's name.</summary>
internal sealed class IdentityApplication : ServiceApplication<UserView>
{
    public const string LabClient = "lab";
    public const string Audience = "back2code";

    /// <summary>One for all of a test run, as replicas have one.</summary>
    public static readonly string EncryptionKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    public static readonly string LabSecret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private readonly int _port;
    private readonly string _issuer;

    private IdentityApplication(int port, string? issuer, IReadOnlyDictionary<string, string> settings)
        : base("identity", settings)
    {
        _port = port;
        _issuer = issuer ?? Address;
        UseKestrel(port);
    }

    /// <summary>Where this replica listens.</summary>
    public string Address => $"http://127.0.0.1:{_port}";

    public string Issuer => _issuer;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Started and ready.</summary>
    public static async Task<IdentityApplication> StartAsync(
        string postgres, string rabbitMq, string? issuer = null, params IEnumerable<KeyValuePair<string, string>> settings)
    {
        var application = Create(postgres, rabbitMq, issuer, settings);
        await application.StartAsync();
        return application;
    }

    /// <summary>Not started yet.</summary>
    public static IdentityApplication Create(string postgres, string rabbitMq, string? issuer, IEnumerable<KeyValuePair<string, string>> settings)
    {
        Dictionary<string, string> all = new()
        {
            ["ConnectionStrings:Postgres"] = postgres,
            ["ConnectionStrings:RabbitMQ"] = rabbitMq,
            ["Identity:EncryptionKey"] = EncryptionKey,
            ["Identity:BootstrapClientId"] = LabClient,
            ["Identity:BootstrapClientSecret"] = LabSecret,
            ["Identity:ProvisionImpersonated"] = "true",
            ["Identity:PasswordIterations"] = "10000",
            ["Identity:AttemptsPerAccount"] = "1000",
            ["Identity:AttemptsPerAddress"] = "100000",
            ["Identity:DevicePollSeconds"] = "1",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return new(FreePort.Next(), issuer, all);
    }

    /// <summary>Posts a form, as the client says it is, with a secret in the header when it has one.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, TestClient client, params IEnumerable<(string Name, string Value)> form)
    {
        using var http = Anonymous();
        List<KeyValuePair<string, string>> fields = [.. form.Select(static field => KeyValuePair.Create(field.Name, field.Value))];
        using HttpRequestMessage request = new(HttpMethod.Post, path);
        if (client.Secret is null)
        {
            fields.Add(new("client_id", client.Id));
        }
        else
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(client.Id)}:{Uri.EscapeDataString(client.Secret)}")));
        }

        request.Content = new FormUrlEncodedContent(fields);
        return await http.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> TokenAsync(TestClient client, string grantType, params IEnumerable<(string Name, string Value)> form) =>
        PostAsync("/oauth2/token", client, [("grant_type", grantType), .. form]);

    /// <summary>A client with the rights of an operator, by the bootstrap client.</summary>
    public async Task<HttpClient> AsAdminAsync()
    {
        using var response = await TokenAsync(new(LabClient, LabSecret), "client_credentials");
        var http = CreateClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await response.JsonAsync()).GetProperty("access_token").GetString());
        return http;
    }

    public async Task<UserView> CreateUserAsync(string role = "analyst", string? password = TestUser.Password)
    {
        using var admin = await AsAdminAsync();
        using var response = await admin.PostAsJsonAsync("/v1/users", new CreateUserRequest($"u-{Guid.NewGuid():N}", role, password), Cancellation);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        return (await response.Content.ReadFromJsonAsync<UserView>(Cancellation))!;
    }

    public async Task<TestClient> CreateClientAsync(CreateClientRequest client)
    {
        using var admin = await AsAdminAsync();
        using var response = await admin.PostAsJsonAsync("/v1/clients", client, Cancellation);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        var view = (await response.Content.ReadFromJsonAsync<ClientView>(Cancellation))!;
        return new(view.Id, view.Secret);
    }

    /// <summary>A web application's client: all that a user's browser is needed for.</summary>
    public Task<TestClient> CreateWebClientAsync(bool confidential = true, bool firstParty = true) => CreateClientAsync(new(
        "Notebook", confidential, ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
        ["openid", "profile", "offline_access", "*"], [Browser.RedirectUri], [Browser.SignedOutUri], firstParty));

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);

        // It accepts its own tokens, by its own public keys, as every other service does.
        builder.UseSetting("Authentication:Issuer", _issuer);
        builder.UseSetting("Authentication:Audience", Audience);
        builder.UseSetting("Authentication:JwksUri", Address + "/.well-known/jwks.json");
        builder.UseSetting("Authentication:JwksMinimumInterval", "00:00:00.1");
    }
}

/// <param name="Secret">Null for a public one.</param>
internal sealed record TestClient(string Id, string? Secret)
{
    public static TestClient Lab { get; } = new(IdentityApplication.LabClient, IdentityApplication.LabSecret);
}

internal static class TestUser
{
    public const string Password = "correct horse battery";
}

internal static class OAuthAssertions
{
    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {body}");
        return JsonElement.Parse(body);
    }

    /// <summary>RFC 6749, section 5.2: an error object that nobody keeps.</summary>
    public static async Task IsOAuthErrorAsync(this HttpResponseMessage response, string error, int status = 400)
    {
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.CacheControl?.NoStore);
        Assert.Equal(error, JsonElement.Parse(body).GetProperty("error").GetString());
    }

    /// <summary>The claims of a token, unverified.</summary>
    public static JsonElement Claims(this string jwt) => JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[1]));

    public static JsonElement Header(this string jwt) => JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[0]));

    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString()!;
}

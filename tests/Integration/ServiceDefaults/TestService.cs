using System.Net.Http.Headers;
using Back2Code.Authentication;
using Back2Code.Authentication.Signing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Back2Code.IntegrationTests.ServiceDefaults;

/// <summary>A small service on real Kestrel, port 0, with everything that AddServiceDefaults gives and a key set in a folder of its own.</summary>
internal sealed class TestService : IAsyncDisposable
{
    public const string Issuer = "http://issuer.test";
    public const string Audience = "back2code";

    private readonly string _folder = Directory.CreateTempSubdirectory("b2c-defaults-").FullName;
    private readonly TokenSigner _signer;

    private TestService(Action<WebApplicationBuilder>? configure, Action<WebApplication>? map, IEnumerable<KeyValuePair<string, string?>>? settings)
    {
        JwksPath = Path.Combine(_folder, "jwks.json");
        _signer = TokenSigner.LoadOrCreate(Path.Combine(_folder, "key.pem"), JwksPath);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = _folder });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Service:Name"] = "sample",
            ["Service:Instance"] = "sample-1",
            ["Authentication:Issuer"] = Issuer,
            ["Authentication:Audience"] = Audience,
            ["Authentication:JwksPath"] = JwksPath,
            // The one error that is provoked on purpose would look like a failure in the runner's output.
            ["Logging:LogLevel:Default"] = "Critical",
            ["Logging:LogLevel:Microsoft.AspNetCore"] = "Critical",
            ["Observability:DrainDelay"] = "00:00:00",
        });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.AddServiceDefaults();
        builder.Services.AddValidation();
        configure?.Invoke(builder);
        App = builder.Build();
        App.MapServiceDefaults();
        App.MapGet("/me", (CurrentUser user) => user.Id).RequireAuthorization();
        map?.Invoke(App);
    }

    public WebApplication App { get; }

    public HttpClient Client { get; } = new();

    public string JwksPath { get; }

    public static async Task<TestService> StartAsync(
        Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? map = null, IEnumerable<KeyValuePair<string, string?>>? settings = null)
    {
        var service = new TestService(configure, map, settings);
        try
        {
            await service.App.StartAsync();
            service.Client.BaseAddress = new Uri(service.App.Urls.Single());
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public TokenSigner Signer => _signer;

    public string Token(string user = "ada", string? scope = null) => _signer.Sign(user, TimeSpan.FromMinutes(5), Issuer, Audience, TimeProvider.System, scope);

    public HttpRequestMessage Authorized(HttpMethod method, string path, string? token = null) =>
        new(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token()) } };

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        Client.Dispose();
        _signer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

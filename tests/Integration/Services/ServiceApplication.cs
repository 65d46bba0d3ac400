using System.Net.Http.Headers;
using Back2Code.Authentication;
using Back2Code.IntegrationTests.Servers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Services;

/// <summary>Whichever service it is.</summary>
internal interface IServiceApplication : IAsyncDisposable
{
    IServiceProvider Services { get; }

    HttpClient Anonymous();

    HttpClient AsUser(string user, string role = Roles.Operator);
}

/// <summary>A service as it runs in production, on Kestrel and a port of its own, with its settings as environment or command line would give them.</summary>
/// <typeparam name="TEntryAssembly">Any public type of the service.</typeparam>
internal abstract class ServiceApplication<TEntryAssembly> : WebApplicationFactory<TEntryAssembly>, IServiceApplication
    where TEntryAssembly : class
{
    private readonly IReadOnlyDictionary<string, string> _settings;

    protected ServiceApplication(string name, IReadOnlyDictionary<string, string> settings)
    {
        _settings = new Dictionary<string, string>(settings)
        {
            ["Service:Name"] = name,
            ["Service:Instance"] = $"{name}-1",
            ["Authentication:Issuer"] = TestIdentity.Issuer,
            ["Authentication:Audience"] = TestIdentity.Audience,
            ["Authentication:JwksPath"] = TestIdentity.JwksPath,

            // No gateway needs time to notice that a test is over.
            ["Observability:DrainDelay"] = "00:00:00",
        };
        UseKestrel(0);
    }

    /// <summary>What a test changes before it is started.</summary>
    public Action<IWebHostBuilder>? Configure { get; init; }

    /// <summary>A client without a token.</summary>
    public HttpClient Anonymous() => CreateClient();

    /// <summary>A client that is signed in.</summary>
    public HttpClient AsUser(string user, string role = Roles.Operator)
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestIdentity.TokenFor(user, role));
        return client;
    }

    /// <summary>Starts it and returns when it would get traffic.</summary>
    public async Task StartAsync()
    {
        StartServer();
        using var client = Anonymous();
        await Eventually.IsTrueAsync(
            async () => (await client.GetAsync("/health/ready", TestContext.Current.CancellationToken)).IsSuccessStatusCode,
            TimeSpan.FromSeconds(20),
            "the service is ready");
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production").UseContentRoot(AppContext.BaseDirectory);

        // Not without any log: a request has a trace id only where somebody may write it down.
        builder.ConfigureLogging(logging => logging.AddFilter(static (_, _, level) => level >= LogLevel.Critical));
        foreach (var (name, value) in _settings)
        {
            builder.UseSetting(name, value);
        }

        Configure?.Invoke(builder);
    }
}

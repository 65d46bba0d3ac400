using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Back2Code.IntegrationTests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Edge;

/// <summary>The shipped gateway in front of a service that tells what it was asked.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private readonly WebApplication _service;
    private HaproxyServer? _gateway;

    public GatewayFixture()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _service = builder.Build();
        _service.Urls.Add("http://127.0.0.1:0");
        _service.MapGet("/health/ready", () => Results.Ok());
        _service.Map("/v1/notes", (HttpContext http) => Results.Text(string.Join('\n', http.Request.Headers.Select(header => $"{header.Key}: {header.Value}"))));
        _service.MapGet("/sign-in", (HttpContext http) =>
        {
            http.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
            return Results.Text("page", "text/html");
        });
    }

    internal HaproxyServer Gateway => _gateway ?? throw new InvalidOperationException("The gateway has not been started.");

    public async ValueTask InitializeAsync()
    {
        await _service.StartAsync();
        _gateway = await HaproxyServer.StartAsync(new Uri(_service.Urls.First()).Port, FreePort.Next());
    }

    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        await _service.DisposeAsync();
    }

    /// <summary>A client that trusts the gateway's authority and nobody else.</summary>
    internal HttpClient Trusting(SslProtocols protocols = SslProtocols.None)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(Gateway.AuthorityCertificate));
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy, EnabledSslProtocols = protocols },
        })
        {
            Timeout = TimeSpan.FromSeconds(20),
        };
    }
}

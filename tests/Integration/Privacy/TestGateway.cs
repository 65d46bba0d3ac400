using Back2Code.Authentication;
using Back2Code.IntegrationTests.Services;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Privacy;

/// <summary>One address for all services, by the first word of the path, as the gateway has it.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly HttpClient[] _clients;

    private TestGateway(WebApplication application, HttpClient[] clients) => (_application, _clients) = (application, clients);

    public string Address => _application.Urls.First();

    /// <param name="identity">Gets what no prefix is for, with the caller's own token.</param>
    /// <param name="services">In tests these trust another issuer than the identity service: who comes through here is an administrator of theirs.</param>
    public static async Task<TestGateway> StartAsync(IServiceApplication identity, params (string Prefix, IServiceApplication Service)[] services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var application = builder.Build();
        application.Urls.Add("http://127.0.0.1:0");
        HttpClient[] clients = [.. services.Select(static one => one.Service.AsUser("admin", Roles.Admin)), identity.Anonymous()];
        application.Run(http =>
        {
            int at = Array.FindIndex(services, one => http.Request.Path.StartsWithSegments(one.Prefix));
            return ForwardAsync(clients[at < 0 ? services.Length : at], http);
        });
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new(application, clients);
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        foreach (var client in _clients)
        {
            client.Dispose();
        }
    }

    private static async Task ForwardAsync(HttpClient client, HttpContext http)
    {
        using HttpRequestMessage request = new(new HttpMethod(http.Request.Method), http.Request.Path + http.Request.QueryString.ToUriComponent());
        if (client.DefaultRequestHeaders.Authorization is null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", http.Request.Headers.Authorization.ToString());
        }

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, http.RequestAborted);
        http.Response.StatusCode = (int)answer.StatusCode;
        http.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.Headers.TryGetValues("Link", out var links))
        {
            http.Response.Headers.Link = links.ToArray();
        }

        await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }
}

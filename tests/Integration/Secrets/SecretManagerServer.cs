using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Back2Code.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Secrets;

/// <summary>
/// Speaks as much of Google's APIs as a client of secrets needs: the metadata server's token, the OAuth token endpoint, and
/// projects.secrets.versions.access, with the answers that a test asks for.
/// </summary>
internal sealed class SecretManagerServer : IAsyncDisposable
{
    public const string Token = "ya29.test-token-SOWN";

    private readonly WebApplication _app;
    private int _calls;

    private SecretManagerServer(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public ConcurrentDictionary<string, string> Secrets { get; } = new();

    /// <summary>Answers in place of the secret, one after the other.</summary>
    public ConcurrentQueue<Func<HttpContext, Task>> Next { get; } = new();

    /// <summary>Of secrets that were asked for.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public int Tokens { get; private set; }

    public string? Assertion { get; private set; }

    public static async Task<SecretManagerServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var server = new SecretManagerServer(app);
        app.MapGet("/computeMetadata/v1/instance/service-accounts/default/token", (HttpRequest request) =>
            request.Headers["Metadata-Flavor"] == "Google" ? server.GiveToken() : Results.StatusCode(403));
        app.MapPost("/token", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            server.Assertion = form["assertion"];
            return form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" ? server.GiveToken() : Results.BadRequest();
        });
        app.MapGet("/v1/projects/lab/secrets/{name}/versions/{version}", server.AccessAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>Answers the next call with a status.</summary>
    public void Answer(int status, string? retryAfter = null, string body = "{}") => Next.Enqueue(context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        return context.Response.WriteAsync(body);
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IResult GiveToken()
    {
        Tokens++;
        return Results.Json(new { access_token = Token, expires_in = 3599, token_type = "Bearer" });
    }

    private async Task AccessAsync(HttpContext context, string name, string version)
    {
        Interlocked.Increment(ref _calls);
        if (Next.TryDequeue(out var answer))
        {
            await answer(context);
            return;
        }

        if (context.Request.Headers.Authorization != "Bearer " + Token || version != "latest:access")
        {
            context.Response.StatusCode = 401;
        }
        else if (!Secrets.TryGetValue(name, out string? value))
        {
            context.Response.StatusCode = 404;
        }
        else
        {
            byte[] bytes = Encoding.UTF8.GetBytes(value);
            string sum = GoogleSecretManager.Crc32C(bytes).ToString(CultureInfo.InvariantCulture);
            await context.Response.WriteAsJsonAsync(new { name = $"projects/1/secrets/{name}/versions/3", payload = new { data = Convert.ToBase64String(bytes), dataCrc32c = sum } });
        }
    }
}

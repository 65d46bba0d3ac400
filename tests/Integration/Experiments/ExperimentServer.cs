using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.IntegrationTests.Experiments;

/// <summary>A real HTTP server that answers what experiments ask for.</summary>
public sealed class ExperimentServer : IAsyncLifetime
{
    private WebApplication? app;

    public string Url => app!.Urls.First();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Map("/status/{code:int}", (int code) => Results.StatusCode(code));
        app.MapGet("/json", () => Results.Json(new { count = 3, items = new[] { "a", "b" } }));
        app.MapGet("/moved", () => Results.Redirect("/json"));
        app.MapGet("/never", async (CancellationToken gone) =>
        {
            await Task.Delay(Timeout.Infinite, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        app.Map("/echo", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return Results.Json(new { method = request.Method, query = request.QueryString.Value, type = request.ContentType, custom = request.Headers["X-Custom"].ToString(), body = await reader.ReadToEndAsync() });
        });
        await app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}

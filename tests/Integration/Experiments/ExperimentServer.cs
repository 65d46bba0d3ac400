using System.Collections.Concurrent;
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
    private WebApplication? _app;

    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>What <c>/files/NAME</c> gives.</summary>
    public ConcurrentDictionary<string, (string Text, string Type)> Files { get; } = new();

    /// <summary>The header that each of them was asked with.</summary>
    public ConcurrentDictionary<string, string> Authorizations { get; } = new();

    /// <summary>What was posted to <c>/told/NAME</c>, with its header <c>X-Custom</c>.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<(string Header, string Body)>> Told { get; } = new();

    /// <summary>What <c>/api/v1/query</c> answers, as Prometheus would; by query, else an empty vector.</summary>
    public ConcurrentDictionary<string, double> Samples { get; } = new();

    public string Url => _app!.Urls.First();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Map("/status/{code:int}", (int code) => Results.StatusCode(code));
        _app.MapGet("/json", () => Results.Json(new { count = 3, items = new[] { "a", "b" } }));
        _app.MapGet("/moved", () => Results.Redirect("/json"));
        _app.MapGet("/count/{name}", (string name) => Results.Json(new { count = _counts.AddOrUpdate(name, 1, static (_, n) => n + 1) }));
        _app.MapGet("/ready/{name}/{after:int}", (string name, int after) => Results.StatusCode(_counts.AddOrUpdate(name, 1, static (_, n) => n + 1) > after ? 200 : 503));
        _app.MapGet("/json-charset", () => Results.Text("{\"a\": 1}", "application/json; charset=utf-8"));
        _app.MapGet("/json-plain", (HttpResponse response) =>
        {
            response.ContentType = "application/json";
            return response.WriteAsync("{\"a\": 1}");
        });
        _app.MapGet("/files/{name}", (string name, HttpRequest request) =>
        {
            Authorizations[name] = request.Headers.Authorization.ToString();
            return Files.TryGetValue(name, out var file) ? Results.Text(file.Text, file.Type) : Results.NotFound();
        });
        _app.MapGet("/endless", async (HttpResponse response, CancellationToken gone) =>
        {
            response.ContentType = "text/yaml";
            var line = System.Text.Encoding.UTF8.GetBytes(new string('#', 8191) + "\n");
            while (!gone.IsCancellationRequested)
            {
                await response.Body.WriteAsync(line, gone);
            }
        });
        _app.MapGet("/api/v1/query", (string query) => Prometheus(query));
        _app.MapPost("/told/{name}", async (string name, HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            Told.GetOrAdd(name, static _ => new()).Enqueue((request.Headers["X-Custom"].ToString(), await reader.ReadToEndAsync()));
        });
        _app.Map("/never", async (CancellationToken gone) =>
        {
            await Task.Delay(Timeout.Infinite, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        _app.Map("/echo", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            return Results.Json(new { method = request.Method, query = request.QueryString.Value, type = request.ContentType, custom = request.Headers["X-Custom"].ToString(), body = await reader.ReadToEndAsync() });
        });
        await _app.StartAsync();
    }

    private IResult Prometheus(string query) => query switch
    {
        "broken(" => Results.Json(new { status = "error", errorType = "bad_data", error = "parse error" }, statusCode: 400),
        "two" => Results.Json(new { status = "success", data = new { resultType = "vector", result = new[] { Sample(1), Sample(2) } } }),
        "nan" => Results.Json(new { status = "success", data = new { resultType = "vector", result = new[] { Sample(double.NaN) } } }),
        "1 + 1" => Results.Json(new { status = "success", data = new { resultType = "scalar", result = new object[] { 1700000000.0, "2" } } }),
        _ => Results.Json(new { status = "success", data = new { resultType = "vector", result = Samples.TryGetValue(query, out var value) ? new[] { Sample(value) } : [] } }),
    };

    private static object Sample(double value) => new { metric = new { }, value = new object[] { 1700000000.0, value.ToString(System.Globalization.CultureInfo.InvariantCulture) } };

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.Chaos.Proxy;

/// <summary>Where the API listens and how the proxies draw.</summary>
public sealed record ToxiproxyOptions
{
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 asks for a free port.</summary>
    public int Port { get; init; } = 8474;

    /// <summary>A JSON array of proxies to begin with, as for <c>POST /populate</c>.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Every random draw follows from it: same seed, same connections, same faults.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether <c>GET /metrics</c> shows what passed through the proxies.</summary>
    public bool ProxyMetrics { get; init; }

    /// <summary>Whether <c>GET /metrics</c> shows the process: memory, processor, collector.</summary>
    public bool RuntimeMetrics { get; init; }

    /// <summary>How long a request to the API may take before it is answered with 503; 25 s as in Toxiproxy.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>What goes to standard output.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}

/// <summary>The fault proxy: Toxiproxy's HTTP API in front of a set of TCP proxies, in one process.</summary>
public sealed class ToxiproxyServer : IAsyncDisposable
{
    private const int MaxBodyBytes = 1024 * 1024;

    private readonly WebApplication _app;

    private ToxiproxyServer(WebApplication app) => _app = app;

    /// <summary>Ours, in Toxiproxy's three-part form.</summary>
    public static string Version { get; } = typeof(ToxiproxyServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];

    /// <summary>The base address of the API.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <exception cref="ToxiproxyException">The configuration file cannot be read, or asks for what cannot be.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<ToxiproxyServer> StartAsync(ToxiproxyOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.AddServerHeader = false;
        });
        builder.WebHost.UseUrls($"http://{options.Host}:{options.Port}");
        builder.Logging.ClearProviders()
            .AddSimpleConsole(console => console.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning)
            .SetMinimumLevel(options.LogLevel);
        builder.Services.AddSingleton<IHostLifetime, OwnersLifetime>();
        builder.Services.AddSingleton(services =>
            new ProxyCollection(options.Seed, TimeProvider.System, services.GetRequiredService<ILoggerFactory>()));
        var app = builder.Build();
        app.Use((context, next) => AnswerAsync(context, next, options.RequestTimeout));
        app.MapToxiproxy(options);
        var server = new ToxiproxyServer(app);
        try
        {
            if (options.ConfigFile is { } file)
            {
                await PopulateAsync(app.Services.GetRequiredService<ProxyCollection>(), file, cancellationToken);
            }

            await app.StartAsync(cancellationToken);
            return server;
        }
        catch (SocketException e)
        {
            await server.DisposeAsync();
            throw new IOException($"{options.Host}:{options.Port}: {e.Message}", e);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal static int StatusOf(Exception exception) => exception is ToxiproxyApiException api ? api.Status : StatusCodes.Status500InternalServerError;

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, TimeSpan timeout)
    {
        context.Response.Headers["X-Toxiproxy-Request-Id"] = Activity.Current?.TraceId.ToString() ?? Guid.CreateVersion7().ToString("n");

        // How long the call took in here, for whoever wants to tell it from the way here.
        long start = Stopwatch.GetTimestamp();
        context.Response.OnStarting(() =>
        {
            context.Response.Headers["Server-Timing"] = string.Create(CultureInfo.InvariantCulture, $"total;dur={Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.###}");
            return Task.CompletedTask;
        });

        // A page in the operator's browser must not be able to break the platform by a cross-site request.
        if (context.Request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync("User agent not allowed\n", context.RequestAborted);
            return;
        }

        var clientGone = context.RequestAborted;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
        limit.CancelAfter(timeout);
        context.RequestAborted = limit.Token;
        try
        {
            await next(context);
            if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed })
            {
                // No route took it; what is missing behind a route is an exception.
                await FailAsync(context.Response.StatusCode, $"no such call: {context.Request.Method} {context.Request.Path}");
            }
        }
        catch (Exception e) when (e is ToxiproxyApiException or SocketException)
        {
            await FailAsync(StatusOf(e), e.Message);
        }
        catch (BadHttpRequestException e)
        {
            await FailAsync(e.StatusCode, e.Message);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !clientGone.IsCancellationRequested)
        {
            await FailAsync(StatusCodes.Status503ServiceUnavailable, $"{context.Request.Method} {context.Request.Path} took more than {timeout.TotalSeconds:0.###} s");
        }

        Task FailAsync(int status, string error)
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsJsonAsync(new { error, status }, clientGone);
        }
    }

    private static async Task PopulateAsync(ProxyCollection proxies, string file, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = File.OpenRead(file);
            var requests = await JsonSerializer.DeserializeAsync<List<ProxyRequest?>>(stream, ToxiproxyEndpoints.Json, cancellationToken) ?? [];
            var (_, failure) = await proxies.PopulateAsync(requests, cancellationToken);
            if (failure is not null)
            {
                throw new ToxiproxyException($"{file}: {failure.Message}", failure);
            }
        }
        catch (JsonException e)
        {
            throw new ToxiproxyException($"{file}: {ToxiproxyEndpoints.Describe(e)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ToxiproxyApiException)
        {
            throw new ToxiproxyException($"{file}: {e.Message}", e);
        }
    }

    /// <summary>The server lives until it is disposed of; signals are the business of the process that owns it.</summary>
    private sealed class OwnersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

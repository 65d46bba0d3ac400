using Back2Code.Lab.Supervision.Children;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Back2Code.Lab.Supervision;

/// <summary>The lab's HTTP API on a unix socket that only its owner may open.</summary>
internal sealed class ControlApi : IAsyncDisposable
{
    private readonly WebApplication app;

    private ControlApi(WebApplication app) => this.app = app;

    public static async Task<ControlApi> StartAsync(string socket, Supervisor supervisor, Func<LabStatus> status, Action shutdown, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        // The default one answers Ctrl-C itself, before the platform has stopped.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();

        var app = builder.Build();
        app.UseRouting();
        app.MapGet("/v1/status", context => context.Response.WriteAsJsonAsync(status(), LabJson.Options, context.RequestAborted));
        app.MapPut("/v1/processes/{name}/hold", context => HoldAsync(context, supervisor));
        app.MapDelete("/v1/processes/{name}/hold", context => ReleaseAsync(context, supervisor));
        app.MapPost("/v1/shutdown", context =>
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.OnCompleted(() =>
            {
                shutdown();
                return Task.CompletedTask;
            });
            return Task.CompletedTask;
        });

        await app.StartAsync(cancellationToken);
        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new ControlApi(app);
    }

    public async ValueTask DisposeAsync()
    {
        // Who still waits for an answer is told by the closed connection.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private static async Task HoldAsync(HttpContext context, Supervisor supervisor)
    {
        if (await FindAsync(context, supervisor) is not { } process)
        {
            return;
        }

        var request = await context.Request.ReadFromJsonAsync<HoldRequest>(LabJson.Options, context.RequestAborted);
        if (request is not { Seconds: > 0 and <= 3600 })
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync("A lease lasts more than 0 and at most 3600 seconds.", context.RequestAborted);
            return;
        }

        process.Hold(TimeSpan.FromSeconds(request.Seconds));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task ReleaseAsync(HttpContext context, Supervisor supervisor)
    {
        if (await FindAsync(context, supervisor) is { } process)
        {
            process.Release();
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private static async Task<SupervisedProcess?> FindAsync(HttpContext context, Supervisor supervisor)
    {
        var name = (string)context.GetRouteValue("name")!;
        if (supervisor.Find(name) is { } process)
        {
            return process;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        await context.Response.WriteAsync(
            $"There is no process '{name}'; there are {string.Join(", ", supervisor.Processes.Select(p => p.Spec.Name))}.", context.RequestAborted);
        return null;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

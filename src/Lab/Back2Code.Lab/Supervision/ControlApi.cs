using Back2Code.Chaos.Faults;
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
    // An override of a whole environment has a few kilobytes.
    private const int LargestBody = 256 * 1024;

    private readonly WebApplication _app;

    private ControlApi(WebApplication app) => this._app = app;

    /// <param name="mapMore">For what else the lab answers.</param>
    public static async Task<ControlApi> StartAsync(
        string socket, Supervisor supervisor, GatewayApi gateway, OperatorControls controls, Func<LabStatus> status, Action shutdown, Action<IEndpointRouteBuilder> mapMore, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(socket);
            kestrel.Limits.MaxRequestBodySize = LargestBody;
        });
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        // The default one answers Ctrl-C itself, before the platform has stopped.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();

        var app = builder.Build();
        app.UseRouting();
        app.MapGet("/v1/status", context => context.Response.WriteAsJsonAsync(status(), LabJson.Options, context.RequestAborted));
        app.MapGet("/v1/processes", context => context.Response.WriteAsJsonAsync(
            supervisor.Processes.Select(p => p.Snapshot).Select(s => new TargetProcess(s.Name, s.Pid, s.StartTime, s.Port, s.Overridden)), LabJson.Options, context.RequestAborted));
        app.MapPut("/v1/processes/{name}/hold", context => HoldAsync(context, supervisor));
        app.MapDelete("/v1/processes/{name}/hold", context => ReleaseAsync(context, supervisor));
        app.MapPost("/v1/processes/{name}/restart", context => RestartAsync(context, supervisor, controls));
        app.MapPut("/v1/processes/{name}/override", context => OverrideAsync(context, supervisor));
        app.MapDelete("/v1/processes/{name}/override", context => RestoreAsync(context, supervisor, controls));
        app.MapPost("/v1/gateway", context => AskGatewayAsync(context, gateway, supervisor, controls));
        app.MapGet("/v1/operator/controls", context => context.Response.WriteAsJsonAsync(controls.List(), LabJson.Options, context.RequestAborted));
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

        mapMore(app);
        await app.StartAsync(cancellationToken);
        File.SetUnixFileMode(socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new ControlApi(app);
    }

    public async ValueTask DisposeAsync()
    {
        // Who still waits for an answer is told by the closed connection.
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static async Task HoldAsync(HttpContext context, Supervisor supervisor)
    {
        if (await FindAsync(context, supervisor) is not { } process)
        {
            return;
        }

        if (await RequestBody.ReadAsync<HoldRequest>(context, LabJson.Options, static r => r.Complaint()) is not { } request)
        {
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

    private static async Task OverrideAsync(HttpContext context, Supervisor supervisor)
    {
        if (await FindAsync(context, supervisor) is not { } process)
        {
            return;
        }

        if (await RequestBody.ReadAsync<OverrideRequest>(context, LabJson.Options, static r => r.Complaint()) is not { } request)
        {
            return;
        }

        // Not the caller's token: a restart that has begun is finished.
        await process.ReplaceAsync(request.Environment, CancellationToken.None);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task RestoreAsync(HttpContext context, Supervisor supervisor, OperatorControls controls)
    {
        if (await FindAsync(context, supervisor) is { } process)
        {
            // Where there is nothing to take back, nothing happens.
            if (IsOperator(context) && process.Snapshot is { Overridden: true } before)
            {
                controls.Add("rollback", before.Name, before.State == ProcessState.Ready);
            }

            await process.ReplaceAsync(null, CancellationToken.None);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private static async Task AskGatewayAsync(HttpContext context, GatewayApi gateway, Supervisor supervisor, OperatorControls controls)
    {
        if (await RequestBody.ReadAsync<GatewayRequest>(context, LabJson.Options, static r => r.Complaint()) is not { } request)
        {
            return;
        }

        if (IsOperator(context) && OperatorControls.TakenOut(request.Command) is var (kind, server))
        {
            controls.Add(kind, server, supervisor.Find(server) is not { Snapshot.State: not ProcessState.Ready });
        }

        try
        {
            await context.Response.WriteAsync(await gateway.SendAsync(request.Command, context.RequestAborted), context.RequestAborted);
        }
        catch (LabException e)
        {
            await LabProblem.WriteAsync(context, StatusCodes.Status502BadGateway, e.Message);
        }
    }

    private static async Task RestartAsync(HttpContext context, Supervisor supervisor, OperatorControls controls)
    {
        if (await FindAsync(context, supervisor) is { } process)
        {
            controls.Add("restart", process.Spec.Name, process.Snapshot.State == ProcessState.Ready);
            await process.RestartAsync(context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
        }
    }

    private static bool IsOperator(HttpContext context) => context.Request.Headers.ContainsKey(OperatorControls.Header);

    private static async Task<SupervisedProcess?> FindAsync(HttpContext context, Supervisor supervisor)
    {
        var name = (string)context.GetRouteValue("name")!;
        if (supervisor.Find(name) is { } process)
        {
            return process;
        }

        await LabProblem.WriteAsync(
            context, StatusCodes.Status404NotFound, $"There is no process '{name}'; there are {string.Join(", ", supervisor.Processes.Select(p => p.Spec.Name))}.");
        return null;
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

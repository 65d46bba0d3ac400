using Back2Code.Chaos.Faults;
using Back2Code.Chaos.Proxy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>Faults and their workers on the control API.</summary>
internal sealed class FaultApi(LabFaults faults, FaultWorkers workers)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/faults", context => GuardAsync(context, InjectAsync));
        routes.MapDelete("/v1/faults/{id}", context => GuardAsync(context, RemoveAsync));
        routes.MapGet("/v1/workers", context => context.Response.WriteAsJsonAsync(workers.Running, LabJson.Options, context.RequestAborted));
        routes.MapPut("/v1/workers/{id}", context => GuardAsync(context, StartWorkerAsync));
        routes.MapDelete("/v1/workers/{id}", context =>
        {
            context.Response.StatusCode = workers.Stop((string)context.GetRouteValue("id")!) ? StatusCodes.Status204NoContent : StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private async Task InjectAsync(HttpContext context)
    {
        if (await RequestBody.ReadAsync<FaultOrder>(context, LabJson.Options, static o => o.Complaint()) is not { } order)
        {
            return;
        }

        // Whoever goes away while it is injected takes it back.
        var answer = await faults.InjectAsync(order, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(answer, LabJson.Options, context.RequestAborted);
    }

    private async Task RemoveAsync(HttpContext context)
    {
        if (await faults.RemoveAsync((string)context.GetRouteValue("id")!, context.RequestAborted) is { } lines)
        {
            await context.Response.WriteAsJsonAsync(lines, LabJson.Options, context.RequestAborted);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task StartWorkerAsync(HttpContext context)
    {
        if (await RequestBody.ReadAsync<WorkerOrder>(context, LabJson.Options, static o => o.Complaint()) is not { } order)
        {
            return;
        }

        var worker = new FaultWorker((string)context.GetRouteValue("id")!, order.Arguments, TimeSpan.FromSeconds(order.LeaseSeconds))
        {
            Environment = order.Environment ?? new Dictionary<string, string>(),
        };
        await context.Response.WriteAsJsonAsync(await workers.StartAsync(worker), LabJson.Options, context.RequestAborted);
    }

    /// <summary>What a fault complains of is the answer; the lab lives on.</summary>
    private static async Task GuardAsync(HttpContext context, Func<HttpContext, Task> action)
    {
        try
        {
            await action(context);
        }
        catch (Exception e) when (e is FaultException or ToxiproxyException or HttpRequestException or LabException or IOException or UnauthorizedAccessException)
        {
            await LabProblem.WriteAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer any more.
        }
    }
}

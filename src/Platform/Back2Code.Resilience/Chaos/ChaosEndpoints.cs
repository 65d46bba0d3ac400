using System.Security.Cryptography;
using System.Text;
using Back2Code.Resilience;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>The switch that lets a drill have a service misbehave while it runs. Off, and not even mapped, unless the settings say otherwise.</summary>
/// <remarks>
/// <c>PUT /chaos/{kind}/{id}</c> with the lease in seconds and what the kind needs · <c>GET</c> and <c>DELETE</c> the same with the counts · <c>GET /chaos</c> lists what stands. Each request needs the
/// header <c>Chaos-Token</c> and must come from this machine. The gateway has no route to it.
/// </remarks>
public static partial class ChaosEndpoints
{
    /// <summary>Name of the header that carries <see cref="ChaosOptions.Token"/>.</summary>
    public const string TokenHeader = "Chaos-Token";

    /// <summary>Adds the endpoints of the switch; does nothing unless <see cref="ChaosOptions.Enabled"/>.</summary>
    public static WebApplication MapChaos(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.Services.GetService<ChaosSwitch>() is null)
        {
            return app;
        }

        Log.Enabled(app.Logger);
        var one = app.MapGroup("/chaos/{kind}/{id}").AddEndpointFilter(AdmitAsync).AllowAnonymous().DisableRateLimiting().ExcludeFromDescription();
        one.MapPut("", Start);
        one.MapGet("", Read);
        one.MapDelete("", Stop);
        app.MapGet("/chaos", List).AddEndpointFilter(AdmitAsync).AllowAnonymous().DisableRateLimiting().ExcludeFromDescription();
        return app;
    }

    private static Results<Ok<DisturbanceCount>, ProblemHttpResult> Start(
        string kind, string id, DisturbanceOrder order, ChaosSwitch chaos, DisturbanceKinds kinds, ILogger<DisturbanceOrder> logger)
    {
        Disturbance disturbance;
        try
        {
            disturbance = kinds.Create(kind, id, order);
        }
        catch (FormatException e)
        {
            return Problems.Create(ErrorTypes.ValidationFailed, StatusCodes.Status400BadRequest, e.Message);
        }

        if (!chaos.TryStart(disturbance))
        {
            return Problems.Create("chaos-conflict", StatusCodes.Status409Conflict, "Another one of its kind stands; end it first, or wait for its lease to end.");
        }

        Log.Started(logger, id, kind, order.Seconds);
        return TypedResults.Ok(DisturbanceCount.Of(disturbance, active: true));
    }

    private static Results<Ok<DisturbanceCount>, NotFound> Read(string kind, string id, ChaosSwitch chaos) =>
        chaos.Find(kind, id) is { } standing ? TypedResults.Ok(DisturbanceCount.Of(standing, chaos.Stands(standing))) : TypedResults.NotFound();

    private static Ok<List<DisturbanceCount>> List(ChaosSwitch chaos) => TypedResults.Ok(chaos.All().Select(d => DisturbanceCount.Of(d, active: true)).ToList());

    private static Results<Ok<DisturbanceCount>, NotFound> Stop(string kind, string id, ChaosSwitch chaos, ILogger<DisturbanceOrder> logger)
    {
        if (chaos.Stop(kind, id) is not { } ended)
        {
            return TypedResults.NotFound();
        }

        Log.Stopped(logger, id, kind, ended.Struck, ended.Seen);
        return TypedResults.Ok(DisturbanceCount.Of(ended, active: false));
    }

    private static ValueTask<object?> AdmitAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var expected = Encoding.UTF8.GetBytes(http.RequestServices.GetRequiredService<IOptions<ChaosOptions>>().Value.Token);
        var given = Encoding.UTF8.GetBytes(http.Request.Headers[TokenHeader].ToString());
        var isLocal = http.Connection.RemoteIpAddress is { } address && System.Net.IPAddress.IsLoopback(address);

        // One answer for a wrong token and a wrong place: neither learns what was wrong.
        return isLocal && CryptographicOperations.FixedTimeEquals(expected, given)
            ? next(context)
            : new ValueTask<object?>(Problems.Create(ErrorTypes.Forbidden, StatusCodes.Status403Forbidden, "This switch is for the lab on this machine."));
    }

    private static partial class Log
    {
        [LoggerMessage(2111, LogLevel.Warning, "Chaos is enabled: this process can be told to misbehave. It belongs in a lab", EventName = "ChaosEnabled")]
        public static partial void Enabled(ILogger logger);

        [LoggerMessage(2112, LogLevel.Warning, "Fault {FaultId}: {Kind} from now on, for {Seconds} s at most", EventName = "ChaosStarted")]
        public static partial void Started(ILogger logger, string faultId, string kind, double seconds);

        [LoggerMessage(2113, LogLevel.Information, "Fault {FaultId}, {Kind}, is over: it struck {Struck} of {Seen}", EventName = "ChaosStopped")]
        public static partial void Stopped(ILogger logger, string faultId, string kind, long struck, long seen);
    }
}

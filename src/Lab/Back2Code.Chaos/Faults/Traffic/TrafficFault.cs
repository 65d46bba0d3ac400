using System.Globalization;
using Back2Code.Chaos.Faults.Gateway;

namespace Back2Code.Chaos.Faults.Traffic;

/// <summary>More or other traffic at the gateway than its users send, from a worker process. The target is the process <c>gateway</c>, whose own counters are the proof.</summary>
internal sealed class TrafficFault : IFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Ebb = TimeSpan.FromSeconds(1.2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(2);

    public required string Type { get; init; }

    public string Family => "traffic";

    public required string Summary { get; init; }

    public required string Symptom { get; init; }

    public required string Receipt { get; init; }

    public string Undo => "Kills the worker that is these clients when the fault ends; it dies with the lab, and by itself soon after its lease.";

    public required FaultExample Example { get; init; }

    public IReadOnlyList<FaultParameter> Parameters { get; init; } = [];

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    /// <summary>What the worker is to do, for the gateway's address.</summary>
    public required Func<string, FaultSettings, IReadOnlyList<string>> Arguments { get; init; }

    /// <summary>The words of the proof, from the gateway's counters before and after some time; null until they show the effect.</summary>
    public required Func<GatewayLoad, GatewayLoad, TimeSpan, FaultSettings, string?> Proof { get; init; }

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var platform = context.Platform;
        if (TargetPattern.Resolve(context.Target, "process", await platform.ListProcessesAsync(cancellationToken), p => p.Name) is not [{ Name: "gateway", Port: { } port }])
        {
            throw new FaultException($"{Type} is sent to the gateway; its target is 'gateway', not '{context.Target}'.");
        }

        string id = "traffic-" + context.FaultId;
        var worker = new FaultWorker(id, Arguments($"http://127.0.0.1:{port}", settings), (context.For ?? Injection.LeaseWithoutEnd) + LeaseGrace)
        {
            Environment = new Dictionary<string, string>
            {
                [TrafficWorker.TokenVariable] = await platform.CreateTokenAsync(id, TokenLifetime, cancellationToken),
            },
        };
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [new EndWorker(id)],
            async token =>
            {
                // The gateway counts over a sliding second: what ended just now would hide what begins.
                await Task.Delay(Ebb, platform.Time, token);
                var before = await GatewayLoad.ReadAsync(platform, token);
                var start = platform.Time.GetTimestamp();
                await platform.StartWorkerAsync(worker, token);
                return [await WatchAsync(platform, before, start, settings, token)];
            },
            sumUp: null,
            cancellationToken);
    }

    private async Task<Evidence> WatchAsync(IFaultTarget platform, GatewayLoad before, long start, FaultSettings settings, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, platform.Time, cancellationToken);
            var now = await GatewayLoad.ReadAsync(platform, cancellationToken);

            // The worker takes a moment to start, in which others may become less.
            before = before.Least(now);
            var elapsed = platform.Time.GetElapsedTime(start);
            if (Proof(before, now, elapsed, settings) is { } proof)
            {
                return Evidence.Seen($"gateway: {proof}, {elapsed.TotalSeconds:0.0} s after the worker was started");
            }

            if (elapsed >= Patience)
            {
                return Evidence.NotSeen(
                    $"gateway: {now.Connections} connections are open ({before.Connections} before), {now.RequestsPerSecond} requests came in the last second ({before.RequestsPerSecond} before); more was expected");
            }
        }
    }
}

/// <summary>The gateway's own counters.</summary>
/// <param name="Connections">Open connections of clients.</param>
/// <param name="RequestsPerSecond">Requests of the last second.</param>
/// <param name="MostConnections">How many it may hold.</param>
internal sealed record GatewayLoad(int Connections, int RequestsPerSecond, int MostConnections)
{
    public GatewayLoad Least(GatewayLoad other) => this with
    {
        Connections = Math.Min(Connections, other.Connections),
        RequestsPerSecond = Math.Min(RequestsPerSecond, other.RequestsPerSecond),
    };

    public static async Task<GatewayLoad> ReadAsync(IFaultTarget platform, CancellationToken cancellationToken) => new(
        await GatewayState.InfoAsync(platform, "CurrConns", cancellationToken),
        await GatewayState.FrontendFigureAsync(platform, "api", "req_rate", cancellationToken),
        await GatewayState.InfoAsync(platform, "Maxconn", cancellationToken));
}

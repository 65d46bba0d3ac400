using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults.Services.Dotnet;

/// <summary><c>dotnet.hang-on-stop</c>: a service is asked to stop and does not.</summary>
internal sealed class HangOnStopFault : IFault
{
    private const string Kind = "hang-on-stop";

    // Well past what the service needs to stop when it can: 1 s of drain and what is in flight.
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HoldGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    public string Type => "dotnet.hang-on-stop";

    public string Family => "dotnet";

    public string Summary => "Asks a service to stop and keeps it from stopping: it takes no traffic and does not go away. When the fault ends it stops and is started again.";

    public string Symptom => "The replica is out and nothing replaces it: it is not ready, does not exit, and whoever rolls out a release waits for it. `status` shows unready.";

    public string Receipt => "Three seconds after SIGTERM the process lives, and its switch says that it hangs in its shutdown.";

    public string Undo => "Ends the hang, so that the service stops, and lifts the hold so that the supervisor starts it again; the service ends it by itself soon after the lease.";

    public FaultExample Example { get; } = new("notes-1");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public Task<IReadOnlyList<string>> FindTracesAsync(IFaultTarget platform, CancellationToken cancellationToken) => ServiceSwitch.FindStandingAsync(platform, Kind, cancellationToken);

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var switches = await ServiceSwitch.ResolveAsync(context, Kind, cancellationToken);
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var lease = ServiceFault.LeaseOf(context);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. switches.Select(s => new EndDisturbance(s.Process, Kind)), .. targets.Select(t => new ReleaseHold(t.Name))],
            async token => await Task.WhenAll(switches.Zip(targets, (s, t) => HangAsync(s, t, context, lease, token))),
            sumUp: null,
            cancellationToken);
    }

    private static async Task<Evidence> HangAsync(ServiceSwitch target, RunningTarget process, FaultContext context, TimeSpan lease, CancellationToken cancellationToken)
    {
        var time = context.Platform.Time;

        // A supervisor that takes it for hung would end what is to be shown.
        await context.Platform.HoldAsync(process.Name, lease + HoldGrace < LongestHold ? lease + HoldGrace : LongestHold, cancellationToken);
        await target.StartAsync(context.FaultId, new Dictionary<string, object>(), lease, cancellationToken);
        var start = time.GetTimestamp();
        process.Process.Send(Signal.Terminate);
        while (time.GetElapsedTime(start) < Watch && !process.Process.IsGone)
        {
            await Task.Delay(Interval, time, cancellationToken);
        }

        return process.Process.IsGone
            ? Evidence.NotSeen($"{process.Name}: pid {process.Process.Pid} was gone {time.GetElapsedTime(start).TotalSeconds:0.0} s after SIGTERM")
            : await target.ReadAsync(context.FaultId, cancellationToken) is { Struck: > 0 }
                ? Evidence.Seen($"{process.Name}: pid {process.Process.Pid} hangs in its shutdown, {time.GetElapsedTime(start).TotalSeconds:0.0} s after SIGTERM")
                : Evidence.NotSeen($"{process.Name}: pid {process.Process.Pid} is there {time.GetElapsedTime(start).TotalSeconds:0.0} s after SIGTERM and does not hang");
    }
}

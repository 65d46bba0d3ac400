using System.Diagnostics;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.freeze</c>: SIGSTOP to a process and everything below it, SIGCONT when undone. Its connections stay open and nobody answers on them.</summary>
internal sealed class FreezeFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // The supervisor takes a process that answers nobody for hung and would kill it; with the fault undone, or its injector gone, it may.
    private static readonly TimeSpan HoldGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestHold = TimeSpan.FromHours(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    public string Type => "process.freeze";

    public string Family => "process";

    public string Summary => "Stops a process and its children where they stand; they go on when the fault ends.";

    public string Symptom => "Connections open and stay silent: time-outs, growing queues, a failed health check, and no exit for anybody to notice.";

    public string Receipt => "The kernel shows the process and everything below it as stopped (state T).";

    public string Undo => "Sends SIGCONT to the process and all below it, and lifts the hold that kept the supervisor from killing it as hung; when the fault ends, or its injector is gone.";

    public FaultExample Example { get; } = new("notes-1");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var lease = context.For is { } stands && stands + HoldGrace < LongestHold ? stands + HoldGrace : LongestHold;
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.SelectMany(t => (UndoStep[])[new ContinueProcess(t.Name, t.Process.Pid, t.Process.StartTicks), new ReleaseHold(t.Name)])],
            async token =>
            {
                foreach (var target in targets)
                {
                    await context.Platform.HoldAsync(target.Name, lease, token);
                }

                return await Task.WhenAll(targets.Select(t => FreezeAsync(t, context.Platform.Time, token)));
            },
            sumUp: null,
            cancellationToken);
    }

    private static async Task<Evidence> FreezeAsync(RunningTarget target, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        target.Process.Send(Signal.Stop);
        while (Stopwatch.GetElapsedTime(start) < Patience)
        {
            // Again and again, because a child that still ran may have started another.
            var descendants = target.Process.ListDescendants().Where(d => !d.IsGone).ToList();
            var running = descendants.Where(d => !d.IsStopped).ToList();
            if (running.Count == 0 && target.Process.IsStopped)
            {
                return Evidence.Seen(
                    $"{target.Name}: pid {target.Process.Pid} and {descendants.Count} below it stopped (state T) {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms after SIGSTOP");
            }

            running.ForEach(d => d.Send(Signal.Stop));
            await Task.Delay(Interval, time, cancellationToken);
        }

        return Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} {(target.Process.IsGone ? "was gone" : "still ran")} {Patience.TotalSeconds:0} s after SIGSTOP");
    }
}

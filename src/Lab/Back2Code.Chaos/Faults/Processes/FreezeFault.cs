using System.Diagnostics;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.freeze</c>: SIGSTOP to a process and everything below it, SIGCONT when undone. Its connections stay open and nobody answers on them.</summary>
internal sealed class FreezeFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    public string Type => "process.freeze";

    public string Summary => "Stops a process and its children where they stand; they go on when the fault ends.";

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters => [];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        FaultSettings.Of(this, context);
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new ContinueProcess(t.Name, t.Process.Pid, t.Process.StartTicks))],
            async token => await Task.WhenAll(targets.Select(t => FreezeAsync(t, context.Platform.Time, token))),
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

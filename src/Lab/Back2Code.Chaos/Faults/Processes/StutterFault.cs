using System.Diagnostics;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.stutter</c>: stopped for a part of each tenth of a second, and so slower by that part; what a CPU quota or a stolen processor does.</summary>
internal sealed class StutterFault : IFault
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WatchFor = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan WatchEvery = TimeSpan.FromMilliseconds(3);

    public string Type => "process.stutter";

    public string Family => "cpu-memory";

    public string Summary => "Stops a process and its children for a share of every 100 ms, so that they get only the rest of the time.";

    public string Symptom => "Everything the process does takes longer, by up to 100 ms a step, while its own processor time looks low: a gray failure.";

    public string Receipt => "Of a few hundred looks over 1.5 s, a share finds the process stopped and the others find it running.";

    public string Undo => "Ends the loop and sends SIGCONT to the process and all below it when the fault ends, or its injector is gone.";

    public FaultExample Example { get; } = new("notes-1", ("stopped", "0.8"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new RatioParameter("stopped", "Share of the time in which it stands still, up to 0.95.", Required: true),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        double stopped = settings.Ratio("stopped", 0);
        if (stopped is < 0.05 or > 0.95)
        {
            throw new FaultException($"{Type}: parameter 'stopped' must lie between 0.05 and 0.95; for more there is process.freeze.");
        }

        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var loop = new StandingLoop(context);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new ContinueProcess(t.Name, t.Process.Pid, t.Process.StartTicks))],
            async token =>
            {
                var time = context.Platform.Time;
                loop.Start(Period * (1 - stopped), end => StopForAsync(targets, Period * stopped, time, end));
                return await Task.WhenAll(targets.Select(t => WatchAsync(t, stopped, time, token)));
            },
            sumUp: null,
            cancellationToken,
            loop);
    }

    private static async Task StopForAsync(IReadOnlyList<RunningTarget> targets, TimeSpan pause, TimeProvider time, CancellationToken cancellationToken)
    {
        // Children come and go; a stopped process starts none.
        List<LinuxProcess> all = [.. targets.SelectMany(t => t.Process.ListTree())];
        try
        {
            all.ForEach(p => p.Send(Signal.Stop));
            await Task.Delay(pause, time, cancellationToken);
        }
        finally
        {
            all.ForEach(p => p.Send(Signal.Continue));
        }
    }

    /// <summary>Its state by the kernel, looked at a few hundred times.</summary>
    private static async Task<Evidence> WatchAsync(RunningTarget target, double stopped, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int looks = 0, found = 0;
        for (; Stopwatch.GetElapsedTime(start) < WatchFor; looks++)
        {
            found += target.Process.IsStopped ? 1 : 0;
            await Task.Delay(WatchEvery, time, cancellationToken);
        }

        // On a machine that is busy with other things, whoever stops and wakes it comes late too; a quarter of the share is felt, and the receipt says what was seen.
        double share = (double)found / Math.Max(1, looks);
        return found >= 5 && share >= stopped / 4 && found < looks
            ? Evidence.Seen($"{target.Name}: pid {target.Process.Pid} stood still in {found} of {looks} looks ({share:P0})")
            : Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} stood still in {found} of {looks} looks, {stopped:P0} were asked for");
    }
}

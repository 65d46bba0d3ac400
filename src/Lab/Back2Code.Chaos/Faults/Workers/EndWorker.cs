using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>Ends a process of ours that loads the machine.</summary>
internal sealed record EndWorker(string Worker) : UndoStep
{
    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken) =>
        await platform.StopWorkerAsync(Worker, cancellationToken) ? "the worker was ended" : "the worker was gone already";
}

/// <summary>What faults share that a worker carries out.</summary>
internal static class WorkerFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    // The worker outlives its fault by a little if nobody ends it.
    private static readonly TimeSpan LeaseGrace = TimeSpan.FromSeconds(5);

    /// <param name="judge">Looks at the worker; called until it has seen the effect or the patience ends.</param>
    public static async Task<InjectedFault> InjectAsync(
        IFault fault, FaultContext context, IReadOnlyList<string> arguments, TimeSpan patience, Func<LinuxProcess, TimeSpan, Evidence> judge, CancellationToken cancellationToken)
    {
        var platform = context.Platform;
        string id = "load-" + context.FaultId;
        return await Injection.RunAsync(
            fault,
            context,
            context.For,
            [new EndWorker(id)],
            async token =>
            {
                var started = await platform.StartWorkerAsync(new FaultWorker(id, arguments, (context.For ?? Injection.LeaseWithoutEnd) + LeaseGrace), token);
                var worker = started.Pid is { } pid ? LinuxProcess.Find(pid) : null;
                if (worker is null)
                {
                    return [Evidence.NotSeen($"the worker was gone as soon as it had been started")];
                }

                long start = platform.Time.GetTimestamp();
                while (true)
                {
                    var elapsed = platform.Time.GetElapsedTime(start);
                    var evidence = worker.IsGone ? Evidence.NotSeen($"the worker, pid {worker.Pid}, has ended") : judge(worker, elapsed);
                    if (evidence.Observed || worker.IsGone || elapsed >= patience)
                    {
                        return [evidence];
                    }

                    await Task.Delay(Interval, platform.Time, token);
                }
            },
            sumUp: null,
            cancellationToken);
    }

    /// <exception cref="FaultException">The target is not the machine.</exception>
    public static void RequireHost(FaultContext context)
    {
        if (context.Target != "host")
        {
            throw new FaultException($"This fault is on the machine itself; its target is 'host', not '{context.Target}'.");
        }
    }
}

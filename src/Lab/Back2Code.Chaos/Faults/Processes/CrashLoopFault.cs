using System.Diagnostics;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.crash-loop</c>: SIGKILL at every start, as of a release that cannot start or a state that crashes whoever reads it.</summary>
internal sealed class CrashLoopFault : IFault
{
    // The supervisor starts again after half a second, then after more.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public string Type => "process.crash-loop";

    public string Family => "process";

    public string Summary => "Kills a process, and again whenever it has been started, after as long as uptime says.";

    public string Symptom => "The process restarts again and again, each time after a longer pause; it is never ready, or only for moments.";

    public string Receipt => "The process has been killed twice, the second time after the supervisor had started it again.";

    public string Undo => "Stops the killing and lifts the supervisor's pause before the next start when the fault ends; the loop dies with its injector.";

    public FaultExample Example { get; } = new("notes-1");

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("uptime", "How long each start lives; 0 when left out.", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        var uptime = settings.Duration("uptime") ?? TimeSpan.Zero;
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var kills = targets.ToDictionary(t => t.Name, _ => 0);
        var loop = new StandingLoop(context);
        return await Injection.RunAsync(
            this,
            context,
            context.For,

            // The pause before the next start has grown meanwhile; with the fault over, there is nothing to wait for.
            [.. targets.Select(t => new ReleaseHold(t.Name))],
            async token =>
            {
                loop.Start(Interval, async end =>
                {
                    foreach (var name in targets.Select(t => t.Name))
                    {
                        if (await RunningTarget.FindAsync(context.Platform, name, end) is { } running && await KillAsync(running, uptime, context.Platform.Time, end))
                        {
                            kills[name]++;
                        }
                    }
                });
                return await WatchAsync(kills, uptime, context.Platform.Time, token);
            },
            _ => Task.FromResult<IReadOnlyList<string>>([.. kills.Select(k => $"{k.Key}: killed {k.Value} times in all")]),
            cancellationToken,
            loop);
    }

    private static async Task<bool> KillAsync(RunningTarget target, TimeSpan uptime, TimeProvider time, CancellationToken cancellationToken)
    {
        if (uptime > TimeSpan.Zero)
        {
            await Task.Delay(uptime, time, cancellationToken);
        }

        var tree = target.Process.ListTree();
        bool killed = target.Process.Send(Signal.Kill);
        foreach (var descendant in tree.Skip(1))
        {
            descendant.Send(Signal.Kill);
        }

        // Its supervisor has to see it go before it can be found again.
        long start = Stopwatch.GetTimestamp();
        while (killed && !target.Process.IsGone && Stopwatch.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(Interval, time, cancellationToken);
        }

        return killed;
    }

    /// <summary>Killed twice is a loop; once would be a crash.</summary>
    private static async Task<IReadOnlyList<Evidence>> WatchAsync(Dictionary<string, int> kills, TimeSpan uptime, TimeProvider time, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (kills.Values.Any(n => n < 2) && time.GetElapsedTime(start) < Patience + uptime)
        {
            await Task.Delay(Interval, time, cancellationToken);
        }

        return
        [
            .. kills.Select(k => k.Value >= 2
                ? Evidence.Seen($"{k.Key}: killed {k.Value} times within {time.GetElapsedTime(start).TotalSeconds:0.0} s, the second time after a restart")
                : Evidence.NotSeen($"{k.Key}: killed {k.Value} times, and not started again within {(Patience + uptime).TotalSeconds:0} s")),
        ];
    }
}

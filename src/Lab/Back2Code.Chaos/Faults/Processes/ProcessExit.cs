using System.Diagnostics;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary>Ends a process by a signal and watches it go.</summary>
internal static class ProcessExit
{
    // Waiting for an exit, which takes milliseconds: often enough that the time seen is the time it took.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    public static Task<InjectedFault> InjectAsync(
        IFault fault, FaultContext context, Func<RunningTarget, Signal> signalFor, bool withDescendants, TimeSpan patience, CancellationToken cancellationToken)
    {
        return RunAsync();

        async Task<InjectedFault> RunAsync()
        {
            var settings = FaultSettings.Of(fault, context);
            var downFor = settings.Duration("downFor");
            var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
            return await Injection.RunAsync(
                fault,
                context,
                downFor,
                downFor is null ? [] : [.. targets.Select(t => new ReleaseHold(t.Name))],
                async token =>
                {
                    foreach (var target in downFor is null ? [] : targets)
                    {
                        await context.Platform.HoldAsync(target.Name, downFor!.Value, token);
                    }

                    return await Task.WhenAll(targets.Select(t => EndAsync(t, signalFor(t), withDescendants, patience, context.Platform.Time, token)));
                },
                sumUp: null,
                cancellationToken);
        }
    }

    private static async Task<Evidence> EndAsync(
        RunningTarget target, Signal signal, bool withDescendants, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        // Read before the parent is gone, when they would belong to another. A PostgreSQL backend that computes outlives its postmaster and keeps the
        // next one from starting for as long as its query runs; a machine that crashes leaves nobody either.
        var descendants = withDescendants ? target.Process.ListDescendants() : [];
        long start = Stopwatch.GetTimestamp();
        if (!target.Process.Send(signal))
        {
            return Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} was gone before {signal.Name}");
        }

        foreach (var descendant in descendants)
        {
            descendant.Send(signal);
        }

        while (!(target.Process.IsGone && descendants.All(d => d.IsGone)))
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                return Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} was still there {patience.TotalSeconds:0.#} s after {signal.Name}");
            }

            await Task.Delay(Interval, time, cancellationToken);
        }

        string below = descendants.Count == 0 ? "" : $" with {descendants.Count} processes below it";
        return Evidence.Seen($"{target.Name}: pid {target.Process.Pid} was gone{below} {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms after {signal.Name}");
    }
}

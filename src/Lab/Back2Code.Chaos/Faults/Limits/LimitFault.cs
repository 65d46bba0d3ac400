using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults.Limits;

/// <summary>What the faults share that lower a limit of a running process.</summary>
internal static class LimitFault
{
    private static readonly TimeSpan FollowEvery = TimeSpan.FromMilliseconds(50);

    /// <param name="limit">The new limit of one process, decided when it is set.</param>
    /// <param name="follow">Whether what is started in its place gets the limit too, for as long as the fault stands.</param>
    public static async Task<InjectedFault> InjectAsync(
        IFault fault, FaultContext context, ResourceLimit resource, Func<LinuxProcess, ulong> limit, bool follow, CancellationToken cancellationToken)
    {
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var before = targets.ToDictionary(t => t.Name, t => resource.Read(t.Process)?.Soft ?? throw new FaultException($"The limits of {t.Name}, pid {t.Process.Pid}, cannot be read."));
        var loop = new StandingLoop(context);
        return await Injection.RunAsync(
            fault,
            context,
            context.For,
            [.. targets.Select(t => new RestoreLimit(t.Name, resource.Name, before[t.Name]))],
            _ =>
            {
                IReadOnlyList<Evidence> evidence = [.. targets.Select(t => Lower(t, resource, limit, before[t.Name]))];
                if (follow)
                {
                    loop.Start(FollowEvery, end => FollowAsync(targets, resource, limit, context.Platform, end));
                }

                return Task.FromResult(evidence);
            },
            sumUp: null,
            cancellationToken,
            loop);
    }

    /// <summary>The kernel's own answer, for the process and everything below it.</summary>
    private static Evidence Lower(RunningTarget target, ResourceLimit resource, Func<LinuxProcess, ulong> limit, ulong before)
    {
        int count = resource.Set(target.Process, limit);
        ulong now = resource.Read(target.Process)?.Soft ?? before;
        return now < before
            ? Evidence.Seen($"{target.Name}: '{resource.Name}' of pid {target.Process.Pid} is {ResourceLimit.Text(now)}, {ResourceLimit.Text(before)} before; of {count} processes in all")
            : Evidence.NotSeen($"{target.Name}: '{resource.Name}' of pid {target.Process.Pid} was {ResourceLimit.Text(before)} before and is {ResourceLimit.Text(now)}");
    }

    private static async Task FollowAsync(
        IReadOnlyList<RunningTarget> targets, ResourceLimit resource, Func<LinuxProcess, ulong> limit, IFaultTarget platform, CancellationToken cancellationToken)
    {
        foreach (var target in targets)
        {
            if (await RunningTarget.FindAsync(platform, target.Name, cancellationToken) is { } running && running.Process != target.Process)
            {
                resource.Set(running.Process, limit);
            }
        }
    }
}

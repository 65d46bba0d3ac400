namespace Back2Code.Chaos.Faults.Processes;

/// <summary>A process of the topology that runs, pinned to this very run.</summary>
internal sealed record RunningTarget(string Name, LinuxProcess Process)
{
    /// <exception cref="FaultException">None matches, or one that does is not running.</exception>
    public static async Task<IReadOnlyList<RunningTarget>> ResolveAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var all = await context.Platform.ListProcessesAsync(cancellationToken);
        return [.. TargetPattern.Resolve(context.Target, "process", all, p => p.Name).Select(Pin)];
    }

    /// <summary>Whatever runs under a name now; null while nothing does. For undoing, and for faults that go on after a restart.</summary>
    public static async Task<RunningTarget?> FindAsync(IFaultTarget platform, string name, CancellationToken cancellationToken)
    {
        var target = (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == name);
        return target?.Pid is { } pid && LinuxProcess.Find(pid) is { IsGone: false } found && (target.StartTicks ?? found.StartTicks) == found.StartTicks
            ? new RunningTarget(name, found)
            : null;
    }

    private static RunningTarget Pin(TargetProcess target)
    {
        var found = target.Pid is { } pid ? LinuxProcess.Find(pid) : null;
        bool isTheOne = found is { IsGone: false } && (target.StartTicks ?? found.StartTicks) == found.StartTicks;
        return isTheOne
            ? new RunningTarget(target.Name, found!)
            : throw new FaultException($"{target.Name} is not running, so it cannot be disturbed.");
    }
}

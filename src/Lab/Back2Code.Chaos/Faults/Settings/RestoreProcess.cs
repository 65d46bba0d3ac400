using Back2Code.Chaos.Faults.Settings;

namespace Back2Code.Chaos.Faults;

/// <summary>Restarts a process as the topology has it, and waits until it is ready: of several replicas, one at a time is away.</summary>
internal sealed record RestoreProcess(string Process) : UndoStep
{
    internal override string? Owns => $"the settings of {Process}";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        var before = await FindAsync(platform, cancellationToken);
        if (before is { Overridden: true })
        {
            await Peers.AwaitInServiceAsync(platform, Process, cancellationToken);
        }

        await platform.RestoreAsync(Process, cancellationToken);
        var after = await FindAsync(platform, cancellationToken);
        if (before?.Pid == after?.Pid && before?.StartTicks == after?.StartTicks && after?.Pid is not null)
        {
            return $"{Process}: has the settings of the topology already";
        }

        var took = await HealthProbe.AwaitReadyAsync(platform, Process, cancellationToken);
        return took is { } ready
            ? FormattableString.Invariant($"{Process}: ready again with the settings of the topology after {ready.TotalSeconds:0.0} s")
            : $"{Process}: started again with the settings of the topology, and not ready yet";
    }

    private async Task<TargetProcess?> FindAsync(IFaultTarget platform, CancellationToken cancellationToken) =>
        (await platform.ListProcessesAsync(cancellationToken)).FirstOrDefault(p => p.Name == Process);
}

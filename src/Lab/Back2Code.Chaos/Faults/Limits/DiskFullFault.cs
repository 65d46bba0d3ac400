namespace Back2Code.Chaos.Faults.Limits;

/// <summary>
/// <c>disk.full</c>: a process cannot write beyond a position in any file (RLIMIT_FSIZE), as on a disk without room, while the disk itself stays as it is.
/// PostgreSQL and Redis take the error as they would take a full disk.
/// </summary>
internal sealed class DiskFullFault : IFault
{
    public string Type => "disk.full";

    public string Family => "disk";

    public string Summary => "Has every write of a process fail that would go beyond size in a file, also after a restart, for as long as the fault stands.";

    public string Symptom => "Errors of writing in the log. PostgreSQL stops itself (PANIC) when its write-ahead log cannot be written, and cannot recover before there is room.";

    public string Receipt => "The kernel's table of limits shows a lower 'Max file size' for the process than before.";

    public string Undo => "Sets the soft limit on file size of the process that runs then back, and stops giving it to the next one, when the fault ends; after a restart without the fault it is back by itself.";

    public FaultExample Example { get; } = new("postgres", ("size", "1"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("size", "MiB of each file that can still be written; 1 when left out.", 0, 1_000_000),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        ulong size = (ulong)FaultSettings.Of(this, context).Number("size", 1) << 20;
        return LimitFault.InjectAsync(this, context, ResourceLimit.FileSize, _ => size, follow: true, cancellationToken);
    }
}

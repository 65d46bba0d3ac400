namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.kill</c>: SIGKILL to a process and everything below it.</summary>
internal sealed class KillFault : IFault
{
    public string Type => "process.kill";

    public string Family => "process";

    public string Summary => "Kills a process and its children, as a crash would; the supervisor restarts it, after downFor when given.";

    public string Symptom => "The process restarts within a second; its connections break, and its clients fail over, retry or answer errors until it is ready.";

    public string Receipt => "The kernel says that the process and all below it are gone, and how long after SIGKILL.";

    public string Undo => "Nothing to take back without downFor: the supervisor restarts the process. With it, the hold on the restart is lifted when that time is over.";

    public FaultExample Example { get; } = new("notes-1", ("downFor", "2s"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => false;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("downFor", "How long it stays down.", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken) =>
        ProcessExit.InjectAsync(this, context, _ => Signal.Kill, withDescendants: true, patience: TimeSpan.FromSeconds(5), cancellationToken);
}

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.terminate</c>: the polite end, as in a deployment or a reboot.</summary>
internal sealed class TerminateFault : IFault
{
    public string Type => "process.terminate";

    public string Family => "process";

    public string Summary => "Asks a process to stop (SIGTERM; PostgreSQL: SIGINT, its fast shutdown); the supervisor restarts it, after downFor when given.";

    public string Symptom => "What is in flight is finished, nothing new is accepted, and the process restarts; clients that do not try again see refused connections.";

    public string Receipt => "The kernel says that the process is gone within 20 s of the signal, and after how long.";

    public string Undo => "Nothing to take back without downFor: the supervisor restarts the process. With it, the restart is held until that time is over, and let go then.";

    public FaultExample Example { get; } = new("notes-1", ("downFor", "2s"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => false;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new DurationParameter("downFor", "How long it stays down.", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
    ];

    // RabbitMQ takes six seconds when a plugin of it serves HTTP. PostgreSQL would wait for its clients for ever after SIGTERM.
    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken) => ProcessExit.InjectAsync(
        this,
        context,
        target => target.Name.StartsWith("postgres", StringComparison.Ordinal) ? Signal.Interrupt : Signal.Terminate,
        withDescendants: false,
        patience: TimeSpan.FromSeconds(20),
        cancellationToken);
}

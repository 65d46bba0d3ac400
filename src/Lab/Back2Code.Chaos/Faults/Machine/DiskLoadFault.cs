using System.Globalization;

namespace Back2Code.Chaos.Faults.Machine;

/// <summary><c>disk.io-load</c>: a neighbour that writes and flushes.</summary>
internal sealed class DiskLoadFault : IFault
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Type => "disk.io-load";

    public string Family => "disk";

    public string Summary => "Runs a process beside the platform that writes rate MiB a second to the platform's disk and flushes every 4.";

    public string Symptom => "Commits wait for the disk: writes of PostgreSQL slow down while its reads, which come from memory, do not.";

    public string Receipt => "The kernel's count of bytes that the worker has written has passed 12 MiB.";

    public string Undo => "Kills the worker that writes when the fault ends; its file has no name and goes with it, and it dies with the lab.";

    public FaultExample Example { get; } = new("host", ("rate", "20"));

    public FaultTargetKind TargetKind => FaultTargetKind.Host;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("rate", "MiB a second, as far as the disk goes along; 50 when left out.", 1, 10_000),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        long rate = FaultSettings.Of(this, context).Number("rate", 50);
        WorkerFault.RequireHost(context);
        return WorkerFault.InjectAsync(
            this,
            context,
            ["disk", rate.ToString(CultureInfo.InvariantCulture)],
            Patience,
            (worker, elapsed) =>
            {
                // By the kernel's count for this process; three blocks are more than its start writes.
                long written = (worker.ReadInputOutput("wchar") ?? 0) >> 20;
                return written >= 12
                    ? Evidence.Seen($"pid {worker.Pid} wrote {written:N0} MiB in {elapsed.TotalSeconds:0.0} s")
                    : Evidence.NotSeen($"pid {worker.Pid} wrote {written:N0} MiB in {elapsed.TotalSeconds:0.0} s");
            },
            cancellationToken);
    }
}

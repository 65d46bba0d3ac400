using System.Globalization;

namespace Back2Code.Chaos.Faults.Machine;

/// <summary><c>memory.hog</c>: a neighbour that holds memory, but never the last of it.</summary>
internal sealed class MemoryHogFault : IFault
{
    private const long ReserveMebibytes = 512;

    // Two gigabytes a second is slow for a machine of today.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public string Type => "memory.hog";

    public string Family => "cpu-memory";

    public string Summary => "Runs a process beside the platform that holds size MiB of memory; at least 512 MiB stay available.";

    public string Symptom => "Available memory falls; the file cache shrinks, disks are read that were not, and swap fills where there is some.";

    public string Receipt => "The kernel's count of the worker's resident memory has reached the size asked for.";

    public string Undo => "Kills the worker, and the kernel takes the memory back, when the fault ends; it dies with the lab, and by itself soon after its lease.";

    public FaultExample Example { get; } = new("host", ("size", "64"));

    public FaultTargetKind TargetKind => FaultTargetKind.Host;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("size", "MiB to hold.", 1, 1_000_000, Required: true),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        long size = FaultSettings.Of(this, context).Number("size");
        WorkerFault.RequireHost(context);
        long available = MachineMemory.AvailableMebibytes();
        if (available - size < ReserveMebibytes)
        {
            throw new FaultException(string.Create(
                CultureInfo.InvariantCulture, $"{Type}: {available} MiB are available and {ReserveMebibytes} stay so; at most {Math.Max(0, available - ReserveMebibytes)} can be held."));
        }

        return WorkerFault.InjectAsync(
            this,
            context,
            ["memory", size.ToString(CultureInfo.InvariantCulture)],
            Patience,
            (worker, elapsed) =>
            {
                long held = long.Parse(worker.ReadStatus("VmRSS")?.Split(' ')[0] ?? "0", CultureInfo.InvariantCulture) >> 10;

                // The worker itself is larger than that before it holds anything.
                return held >= size + 16
                    ? Evidence.Seen($"pid {worker.Pid} holds {held:N0} MiB after {elapsed.TotalSeconds:0.0} s; {MachineMemory.AvailableMebibytes():N0} are available, {available:N0} before")
                    : Evidence.NotSeen($"pid {worker.Pid} holds {held:N0} MiB after {elapsed.TotalSeconds:0.0} s; {size:N0} were asked for");
            },
            cancellationToken);
    }
}

/// <summary>What can still be taken without anybody being killed for it.</summary>
internal static class MachineMemory
{
    private const string Group = "/sys/fs/cgroup/memory.";

    /// <summary>The machine's, or what the control group that we are in leaves when that is less.</summary>
    public static long AvailableMebibytes()
    {
        long machine = long.Parse(
            File.ReadLines("/proc/meminfo").First(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) >> 10;
        return File.Exists(Group + "max") && long.TryParse(File.ReadAllText(Group + "max"), CultureInfo.InvariantCulture, out long most)
            ? Math.Min(machine, (most - long.Parse(File.ReadAllText(Group + "current"), CultureInfo.InvariantCulture)) >> 20)
            : machine;
    }
}

using System.Globalization;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults.Limits;

/// <summary><c>memory.limit</c>: no more address space for a process that runs (RLIMIT_AS).</summary>
internal sealed class MemoryLimitFault : IFault
{
    private const ulong Mebibyte = 1 << 20;

    public string Type => "memory.limit";

    public string Family => "cpu-memory";

    public string Summary => "Lets a process and its children take no more memory than they have, plus a little.";

    public string Symptom => "Requests that need memory fail, or the process dies of it and is restarted; PostgreSQL refuses statements and lives on.";

    public string Receipt => "The kernel's table of limits shows a lower 'Max address space' for the process than before.";

    public string Undo => "Sets the soft limit on address space of the process and all below it back when the fault ends; one that was restarted meanwhile has it already.";

    public FaultExample Example { get; } = new("redis", ("headroom", "8"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("headroom", "MiB of address space that each may still take; 8 when left out.", 0, 65_536),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        ulong headroom = (ulong)FaultSettings.Of(this, context).Number("headroom", 8) * Mebibyte;
        return LimitFault.InjectAsync(this, context, ResourceLimit.AddressSpace, process => SizeOf(process) + headroom, follow: false, cancellationToken);
    }

    private static ulong SizeOf(LinuxProcess process) =>
        process.ReadStatus("VmSize") is { } text ? ulong.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) * 1024 : 0;
}

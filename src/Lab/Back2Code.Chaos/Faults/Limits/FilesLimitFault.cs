using System.Globalization;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults.Limits;

/// <summary><c>files.limit</c>: no more descriptors for a process that runs (RLIMIT_NOFILE).</summary>
internal sealed class FilesLimitFault : IFault
{
    public string Type => "files.limit";

    public string Family => "process";

    public string Summary => "Lets a process and its children open no more files and connections than they have, plus a few.";

    public string Symptom => "'Too many open files' in the log; new connections are not accepted or not made, those that are open work on.";

    public string Receipt => "The kernel's table of limits shows a lower 'Max open files' for the process than before.";

    public string Undo => "Sets the soft limit of the process and all below it back to the number noted before; one that was restarted meanwhile has it already.";

    public FaultExample Example { get; } = new("notes-1", ("headroom", "0"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("headroom", "How many more each may open; 0 when left out.", 0, 1_000_000),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        long headroom = FaultSettings.Of(this, context).Number("headroom", 0);
        return LimitFault.InjectAsync(this, context, ResourceLimit.OpenFiles, process => (ulong)(HighestOf(process) + 1 + headroom), follow: false, cancellationToken);
    }

    /// <summary>The limit is on the number of a descriptor, not on how many there are.</summary>
    private static long HighestOf(LinuxProcess process) =>
        Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/fd"))
            .Select(d => long.Parse(Path.GetFileName(d), CultureInfo.InvariantCulture))
            .DefaultIfEmpty(2)
            .Max();
}

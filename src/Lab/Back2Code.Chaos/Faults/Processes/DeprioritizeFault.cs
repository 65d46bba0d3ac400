using System.Globalization;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.deprioritize</c>: a high nice value. Root only, since an ordinary user may raise one and not lower it again.</summary>
internal sealed class DeprioritizeFault : IFault
{
    public string Type => "process.deprioritize";

    public string Family => "cpu-memory";

    public string Summary => "Gives a process and its children a nice value of up to 19: others get the processor first.";

    public string Symptom => "Nothing while processors are idle; once the machine is busy, this process alone becomes slow.";

    public FaultNeeds Needs => FaultNeeds.Root;

    public string? Instead => "process.stutter";

    public FaultExample Example { get; } = new("notes-1", ("nice", "19"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("nice", "19, the lowest priority, when left out.", 1, 19),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        int nice = (int)settings.Number("nice", 19);
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var before = targets.ToDictionary(t => t.Name, t => LinuxProcess.ReadNice(t.Process.Pid) ?? 0);
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new RestorePriority(t.Name, before[t.Name]))],
            _ => Task.FromResult<IReadOnlyList<Evidence>>([.. targets.Select(t => Lower(t, nice, before[t.Name]))]),
            sumUp: null,
            cancellationToken);
    }

    private static Evidence Lower(RunningTarget target, int nice, int before)
    {
        int threads = ProcessThreads.ForEach(target.Process, thread => Native.SetNice(thread, nice));
        int? now = LinuxProcess.ReadNice(target.Process.Pid);
        return now == nice
            ? Evidence.Seen($"{target.Name}: {threads} threads of pid {target.Process.Pid} and below have nice {now}, {before} before")
            : Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} has nice {now}");
    }
}

/// <summary>Gives a process, and what runs below it, the priority it had.</summary>
internal sealed record RestorePriority(string Process, int Nice) : UndoStep
{
    internal override string? Owns => $"the priority of {Process}";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if (await RunningTarget.FindAsync(platform, Process, cancellationToken) is not { } running)
        {
            return $"{Process}: is not running, nothing to restore";
        }

        int threads = ProcessThreads.ForEach(running.Process, thread => Native.SetNice(thread, Nice));
        return string.Create(CultureInfo.InvariantCulture, $"{Process}: {threads} threads have nice {Nice} again");
    }
}

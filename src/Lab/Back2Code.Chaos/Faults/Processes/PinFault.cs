using System.Globalization;

namespace Back2Code.Chaos.Faults.Processes;

/// <summary><c>process.pin</c>: all threads of a process on one processor, as after a wrong container limit or a badly placed task.</summary>
internal sealed class PinFault : IFault
{
    public string Type => "process.pin";

    public string Family => "cpu-memory";

    public string Summary => "Has a process and its children run on one processor only.";

    public string Symptom => "The process uses at most one processor; under load its response times grow while the machine as a whole looks half idle.";

    public FaultExample Example { get; } = new("notes-1", ("processor", "0"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("processor", "Which one, counted from 0; 0 when left out.", 0, 1023),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        int processor = (int)settings.Number("processor", 0);
        var targets = await RunningTarget.ResolveAsync(context, cancellationToken);
        var before = targets.ToDictionary(t => t.Name, t => Native.GetAffinity(t.Process.Pid));
        if (before.FirstOrDefault(b => (b.Value[processor / 8] & (1 << (processor % 8))) == 0) is { Key: { } name })
        {
            throw new FaultException($"{Type}: {name} may not run on processor {processor}; the machine has {Environment.ProcessorCount}.");
        }

        byte[] one = new byte[128];
        one[processor / 8] = (byte)(1 << (processor % 8));
        return await Injection.RunAsync(
            this,
            context,
            context.For,
            [.. targets.Select(t => new RestoreProcessors(t.Name, before[t.Name]))],
            _ => Task.FromResult<IReadOnlyList<Evidence>>([.. targets.Select(t => Pin(t, one, before[t.Name]))]),
            sumUp: null,
            cancellationToken);
    }

    private static Evidence Pin(RunningTarget target, byte[] mask, byte[] before)
    {
        int threads = ProcessThreads.ForEach(target.Process, thread => Native.SetAffinity(thread, mask));
        string now = target.Process.ReadStatus("Cpus_allowed_list") ?? "";
        return Native.GetAffinity(target.Process.Pid).AsSpan().SequenceEqual(mask)
            ? Evidence.Seen($"{target.Name}: {threads} threads of pid {target.Process.Pid} and below may run on processor {now} only, on {CountBits(before)} before")
            : Evidence.NotSeen($"{target.Name}: pid {target.Process.Pid} may still run on processors {now}");
    }

    private static int CountBits(byte[] mask) => mask.Sum(b => int.PopCount(b));
}

/// <summary>Lets a process, and what runs below it, use the processors it had.</summary>
internal sealed record RestoreProcessors(string Process, byte[] Mask) : UndoStep
{
    internal override string? Owns => $"the processors of {Process}";

    public override async Task<string> ApplyAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        if (await RunningTarget.FindAsync(platform, Process, cancellationToken) is not { } running)
        {
            return $"{Process}: is not running, nothing to restore";
        }

        int threads = ProcessThreads.ForEach(running.Process, thread => Native.SetAffinity(thread, Mask));
        return string.Create(CultureInfo.InvariantCulture, $"{Process}: {threads} threads may run on processors {running.Process.ReadStatus("Cpus_allowed_list")} again");
    }
}

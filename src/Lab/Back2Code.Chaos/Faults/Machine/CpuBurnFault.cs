using System.Globalization;

namespace Back2Code.Chaos.Faults.Machine;

/// <summary><c>cpu.burn</c>: a neighbour that computes.</summary>
internal sealed class CpuBurnFault : IFault
{
    private const double TicksPerSecond = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public string Type => "cpu.burn";

    public string Family => "cpu-memory";

    public string Summary => "Runs a process beside the platform that computes with so many threads, each for a share of the time.";

    public string Symptom => "Response times of everything grow, the tail first; processes wait for a processor, and none of them has changed.";

    public string Receipt => "The kernel's count of the worker's processor time shows a fifth of what was asked for, or a third of a second.";

    public string Undo => "Kills the worker that computes when the fault ends; it dies with the lab, and by itself soon after its lease.";

    public FaultExample Example { get; } = new("host", ("threads", "1"), ("share", "0.5"));

    public FaultTargetKind TargetKind => FaultTargetKind.Host;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("threads", "How many; one for each processor when left out.", 1, 256),
        new RatioParameter("share", "Of the time that each computes; 1 when left out."),
    ];

    public Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        var settings = FaultSettings.Of(this, context);
        WorkerFault.RequireHost(context);
        long threads = settings.Number("threads", Environment.ProcessorCount);
        double share = Math.Max(0.01, settings.Ratio("share", 1));

        // A machine that is busy with other things gives it less; a fifth of what was asked for is felt, and so is a third of a second taken from others.
        double least = Math.Min(threads, Environment.ProcessorCount) * share / 5;
        return WorkerFault.InjectAsync(
            this,
            context,
            ["cpu", threads.ToString(CultureInfo.InvariantCulture), share.ToString(CultureInfo.InvariantCulture)],
            Patience,
            (worker, elapsed) =>
            {
                // Its own start takes processor time too, a quarter of a second of it.
                double used = (worker.ReadProcessorTicks() / TicksPerSecond) - 0.25;
                double processors = elapsed.TotalSeconds > 0 ? used / elapsed.TotalSeconds : 0;
                return elapsed > TimeSpan.FromSeconds(1) && (processors >= least || used >= 0.3)
                    ? Evidence.Seen($"pid {worker.Pid} used {processors:0.00} of {Environment.ProcessorCount} processors over {elapsed.TotalSeconds:0.0} s")
                    : Evidence.NotSeen($"pid {worker.Pid} used {Math.Max(0, processors):0.00} processors over {elapsed.TotalSeconds:0.0} s; {threads * share:0.00} were asked for");
            },
            cancellationToken);
    }
}

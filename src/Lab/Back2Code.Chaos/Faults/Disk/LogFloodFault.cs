using System.Globalization;
using System.Text;

namespace Back2Code.Chaos.Faults.Disk;

/// <summary><c>disk.log-flood</c>: a runaway log. The lines say what they are; the lab's bound on logs cuts them off.</summary>
internal sealed class LogFloodFault : IFault
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Type => "disk.log-flood";

    public string Family => "disk";

    public string Summary => "Writes rate MiB a second of noise to a process's log, as a loop that logs its own error does.";

    public string Symptom => "The log grows until it is cut; what it said before is gone, and whoever reads logs finds nothing but noise.";

    public string Receipt => "The process's log has grown by 64 KiB within 5 s.";

    public string Undo => "Stops writing when the fault ends, or its injector is gone; the lines stay until the lab's bound on logs cuts them off.";

    public FaultExample Example { get; } = new("notes-1", ("rate", "1"));

    public FaultTargetKind TargetKind => FaultTargetKind.Process;

    public bool Lasts => true;

    public IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        new NumberParameter("rate", "MiB a second; 1 when left out.", 1, 64),
    ];

    public async Task<InjectedFault> InjectAsync(FaultContext context, CancellationToken cancellationToken)
    {
        long rate = FaultSettings.Of(this, context).Number("rate", 1) << 20;
        var logs = (await DataFolder.ResolveAsync(context, cancellationToken))
            .Select(f => new FloodedLog(f.Process, Path.Combine(context.Platform.StateDirectory, "logs", f.Process + ".log"))).ToList();
        var loop = new StandingLoop(context);
        var time = context.Platform.Time;
        return await Injection.RunAsync(
            this,
            context,
            context.For,

            // Nothing to take back: it ends with whoever writes.
            [],
            async token =>
            {
                long start = time.GetTimestamp();
                loop.Start(Interval, async end =>
                {
                    foreach (var log in logs)
                    {
                        await log.WriteAsync(Math.Min(rate, (long)(rate * time.GetElapsedTime(start).TotalSeconds) - log.Written), end);
                    }
                });
                return await Task.WhenAll(logs.Select(l => WatchAsync(l, time, token)));
            },
            _ => Task.FromResult<IReadOnlyList<string>>([.. logs.Select(l => string.Create(CultureInfo.InvariantCulture, $"{l.Process}: {l.Written:N0} bytes written to its log in all"))]),
            cancellationToken,
            loop);
    }

    private static async Task<Evidence> WatchAsync(FloodedLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        const int Enough = 64 << 10;
        long before = log.Length;
        long start = time.GetTimestamp();
        while (log.Length - before < Enough && time.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(Interval, time, cancellationToken);
        }

        long grown = log.Length - before;
        return grown >= Enough
            ? Evidence.Seen($"{log.Process}: its log grew by {grown:N0} bytes in {time.GetElapsedTime(start).TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"{log.Process}: its log grew by {grown:N0} bytes in {Patience.TotalSeconds:0} s");
    }

    private sealed class FloodedLog(string process, string path)
    {
        private static readonly byte[] Line = Encoding.ASCII.GetBytes(
            "back2code fault disk.log-flood: the same line again and again, as a program writes that logs its own error in a loop ................................\n");

        public string Process => process;

        public long Written { get; private set; }

        public long Length => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

        public async Task WriteAsync(long bytes, CancellationToken cancellationToken)
        {
            if (bytes < Line.Length)
            {
                return;
            }

            byte[] lines = new byte[bytes / Line.Length * Line.Length];
            for (int at = 0; at < lines.Length; at += Line.Length)
            {
                Line.CopyTo(lines, at);
            }

            // Opened anew each time: the log may have been cut or moved away.
            await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            await file.WriteAsync(lines, cancellationToken);
            Written += lines.Length;
        }
    }
}

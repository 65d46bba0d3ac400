using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Back2Code.Chaos.Faults.Workers;

/// <summary>What a worker process does until it is killed: load one thing of the machine, and nothing else. Started by the lab, of whose death it dies.</summary>
public static class LoadWorker
{
    private const int Mebibyte = 1 << 20;

    /// <summary>Uses a share of each of some processors.</summary>
    /// <param name="threads">How many.</param>
    /// <param name="share">0 to 1, of each.</param>
    public static Task BurnAsync(int threads, double share, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(() => Burn(share, cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    /// <summary>Holds memory, written to so that it is there.</summary>
    public static async Task HoldMemoryAsync(int mebibytes, CancellationToken cancellationToken)
    {
        List<nint> held = [];
        for (int i = 0; i < mebibytes; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            nint block = Marshal.AllocHGlobal(Mebibyte);
            held.Add(block);
            for (int page = 0; page < Mebibyte; page += 4096)
            {
                // Not zeros: a kernel that merges pages would find them all the same.
                Marshal.WriteInt64(block, page, HashCode.Combine(i, page));
            }
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <summary>Writes to a file of 64 MiB again and again, each 4 MiB flushed to the disk. The file has no name any more: it goes with the process.</summary>
    public static async Task WriteToDiskAsync(string folder, int mebibytesPerSecond, CancellationToken cancellationToken)
    {
        const int Block = 4 * Mebibyte;
        const long Whole = 64L * Mebibyte;
        string path = Path.Combine(folder, $"back2code-load-{Environment.ProcessId}");
        await using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Delete, bufferSize: 0);
        File.Delete(path);
        byte[] block = new byte[Block];
        new Random(1).NextBytes(block);
        long written = 0;
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            file.Position = written % Whole;
            await file.WriteAsync(block, cancellationToken);
            file.Flush(flushToDisk: true);
            written += Block;
            var ahead = TimeSpan.FromSeconds((double)written / Mebibyte / mebibytesPerSecond) - Stopwatch.GetElapsedTime(start);
            if (ahead > TimeSpan.Zero)
            {
                await Task.Delay(ahead, TimeProvider.System, cancellationToken);
            }
        }
    }

    private static void Burn(double share, CancellationToken cancellationToken)
    {
        var period = TimeSpan.FromMilliseconds(50);
        while (!cancellationToken.IsCancellationRequested)
        {
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < period * share)
            {
                System.Threading.Thread.SpinWait(1000);
            }

            if (share < 1)
            {
                cancellationToken.WaitHandle.WaitOne(period * (1 - share));
            }
        }
    }
}

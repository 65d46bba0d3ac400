namespace Back2Code.Lab.Supervision.State;

/// <summary>
/// Keeps each log under a limit: what has grown past it is copied to `.1` and emptied. The children append, so the next line
/// lands at the new beginning; a line written between copy and cut is lost, which a bounded disk is worth.
/// </summary>
internal sealed class LogBounds(StatePaths paths, long limitBytes = 16 << 20)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(2));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                TrimOnce();
            }
        }
        catch (OperationCanceledException)
        {
            // The platform stops.
        }
    }

    public void TrimOnce()
    {
        foreach (var log in new DirectoryInfo(paths.Logs).EnumerateFiles("*.log"))
        {
            try
            {
                if (log.Length > limitBytes)
                {
                    Trim(log.FullName);
                }
            }
            catch (IOException)
            {
                // Full disk or a log removed by hand: the next round tries again.
            }
        }
    }

    private void Trim(string log)
    {
        using var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        // A server that writes faster than this looks must not double its size on disk: only the newest part is kept.
        file.Seek(Math.Max(0, file.Length - limitBytes), SeekOrigin.Begin);
        using (var old = File.Create(log + ".1"))
        {
            file.CopyTo(old);
        }

        file.SetLength(0);
    }
}

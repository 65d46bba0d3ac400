using System.Text.Json;
using System.Threading.Channels;

namespace Back2Code.Lab.Traffic.Ledger;

/// <summary>
/// Appends lines to the ledger, off the request path: one task writes whatever has gathered and hands it to the kernel at once, so a SIGKILL loses
/// milliseconds. There is no fsync until the end; it would compete with the database for the disk and guards only against the machine's own crash.
/// When the disk is slow the queue fills and completions wait, not departures; when it fails, <see cref="Failure"/> ends the run.
/// </summary>
internal sealed class LedgerWriter : IAsyncDisposable
{
    private const int QueueCapacity = 8192;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly Task _writing;
    private readonly Channel<LedgerEntry> _queue = Channel.CreateBounded<LedgerEntry>(new BoundedChannelOptions(QueueCapacity) { SingleReader = true });

    private LedgerWriter(string path, FileStream file)
    {
        _path = path;
        _file = file;
        _writing = WriteQueuedAsync();
    }

    /// <summary>Set once the ledger can no longer be written. A run without a ledger proves nothing, so it must stop.</summary>
    public TrafficException? Failure { get; private set; }

    /// <exception cref="TrafficException">The file cannot be opened.</exception>
    public static LedgerWriter Open(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is string folder)
            {
                Directory.CreateDirectory(folder);
            }

            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
            EndTornLine(file);
            return new LedgerWriter(path, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrafficException($"The ledger {path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Completes when the entry is queued. Entries of one caller keep their order. Does nothing once the ledger has failed.</summary>
    public async ValueTask AppendAsync(LedgerEntry entry)
    {
        try
        {
            await _queue.Writer.WriteAsync(entry);
        }
        catch (ChannelClosedException) when (Failure is not null)
        {
            // The run is already stopping because of it, and reports it.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing;
        await _file.DisposeAsync();
    }

    private async Task WriteQueuedAsync()
    {
        using var lines = new MemoryStream();
        try
        {
            while (await _queue.Reader.WaitToReadAsync())
            {
                lines.SetLength(0);
                while (lines.Length < 64 * 1024 && _queue.Reader.TryRead(out var entry))
                {
                    JsonSerializer.Serialize(lines, entry, WireJson.Default.LedgerEntry);
                    lines.WriteByte((byte)'\n');
                }

                await _file.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length));
            }

            _file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            Failure = new TrafficException($"The ledger {_path} cannot be written: {e.Message}", e);
            _queue.Writer.TryComplete();
        }
    }

    /// <summary>A generator that was killed while writing leaves half a line; the next run begins on a line of its own.</summary>
    private static void EndTornLine(FileStream file)
    {
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }

        file.Seek(0, SeekOrigin.End);
    }
}

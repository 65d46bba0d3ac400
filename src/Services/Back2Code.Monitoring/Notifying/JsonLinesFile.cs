using System.Globalization;

namespace Back2Code.Monitoring.Notifying;

/// <summary>
/// An append-only file of JSON lines, bounded in size and age. It is opened for each batch, so that a rotation by renaming needs no signal; and it rotates itself
/// when it is full or old: what was written goes on as <c>NAME.20260131T235959123Z</c>, the oldest of these are deleted. Thread-safe.
/// </summary>
internal sealed class JsonLinesFile(string path, RetentionOptions retention, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _alone = new(1, 1);

    /// <exception cref="IOException">Nothing was written.</exception>
    public async Task AppendAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            {
                Directory.CreateDirectory(folder);
            }

            Rotate(lines.Length);
            await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            long before = file.Length;
            try
            {
                await file.WriteAsync(lines, cancellationToken);
                file.Flush(flushToDisk: true);
            }
            catch
            {
                // Half a line would spoil the next one; the batch is written again as a whole.
                file.SetLength(before);
                throw;
            }
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Rotates a file that is old, and deletes what is older than it may be: there may be nothing to append for months.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            Rotate(0);
            DeleteOld();
        }
        finally
        {
            _alone.Release();
        }
    }

    public void Dispose() => _alone.Dispose();

    private void Rotate(int coming)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length == 0)
        {
            return;
        }

        // So old that its first line would outlive its time before the next file is full.
        DateTimeOffset now = time.GetUtcNow();
        bool isOld = now - new DateTimeOffset(file.CreationTimeUtc) > retention.LogFor / retention.LogFiles;
        if (file.Length + coming > retention.LogBytes || isOld)
        {
            file.MoveTo($"{path}.{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}", overwrite: true);
            DeleteOld();
        }
    }

    private void DeleteOld()
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
        {
            return;
        }

        DateTime oldest = (time.GetUtcNow() - retention.LogFor).UtcDateTime;
        FileInfo[] rotated = [.. new DirectoryInfo(folder).EnumerateFiles(Path.GetFileName(path) + ".*Z").OrderByDescending(f => f.Name, StringComparer.Ordinal)];

        // The present file is one of those that may be.
        foreach (FileInfo file in rotated.Where((f, i) => i >= retention.LogFiles - 1 || f.LastWriteTimeUtc < oldest))
        {
            file.Delete();
        }
    }
}

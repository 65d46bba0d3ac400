using System.Globalization;
using System.Text.Json;

namespace Back2Code.Monitoring.Spool;

/// <summary>
/// The write-ahead file of notifications: JSON lines, each on disk before it is acknowledged. It lets the service do its work while PostgreSQL is down.
/// A segment begins with a snapshot, so only the newest one is needed to start, and the number of segments is bounded. Not thread-safe.
/// </summary>
internal sealed partial class AlertSpool(string directory, int segmentBytes, int segments, ILogger<AlertSpool> logger) : IDisposable
{
    private const string Prefix = "alerts-";
    private const string Suffix = ".jsonl";

    private FileStream? _file;
    private long _number;
    private long _snapshotBytes;

    /// <summary>True when the next record should go to a new segment.</summary>
    public bool IsFull => _file is { } file && file.Length - _snapshotBytes >= segmentBytes;

    /// <summary>Reads what the newest segment holds. Lines that cannot be read are reported and skipped: one bad line must not cost the rest.</summary>
    public IReadOnlyList<SpoolRecord> Open()
    {
        Directory.CreateDirectory(directory);
        foreach (string partial in Directory.EnumerateFiles(directory, Prefix + "*.partial"))
        {
            File.Delete(partial);
        }

        List<(long Number, string Path)> found = Segments();
        if (found.Count == 0)
        {
            return [];
        }

        (_number, string path) = found[^1];
        var records = new List<SpoolRecord>();
        _file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        byte[] content = new byte[_file.Length];
        _file.ReadExactly(content);

        int end = 0;
        foreach (Range range in Lines(content))
        {
            ReadOnlySpan<byte> line = content.AsSpan(range);
            end = range.End.Value + 1;
            try
            {
                records.Add(JsonSerializer.Deserialize(line, MonitoringJson.Default.SpoolRecord)!);
            }
            catch (JsonException e)
            {
                Log.LineUnreadable(logger, path, range.Start.Value, e.Message);
            }
        }

        // Behind the last line end there is at most a record that was never acknowledged: its writer died.
        if (end < content.Length)
        {
            Log.TailCut(logger, path, content.Length - end);
            _file.SetLength(end);
        }

        _file.Seek(0, SeekOrigin.End);
        return records;
    }

    /// <summary>Appends a record. When this returns, it survives the loss of power; one that is not <paramref name="durable"/> survives only the end of this process.</summary>
    /// <exception cref="IOException">It is not stored; the spool is as it was before.</exception>
    public void Append(SpoolRecord record, bool durable = true)
    {
        FileStream file = _file ?? throw new InvalidOperationException("Begin a segment first.");
        long before = file.Length;
        try
        {
            file.Write(Line(record));
            if (durable)
            {
                file.Flush(flushToDisk: true);
            }
        }
        catch (IOException)
        {
            // Half a line would swallow the next one.
            file.SetLength(before);
            file.Seek(0, SeekOrigin.End);
            throw;
        }
    }

    /// <summary>Begins a new segment with a snapshot and drops the oldest ones. The segment appears only when its snapshot is on disk.</summary>
    public void BeginSegment(SpoolRecord snapshot)
    {
        string path = PathOf(_number + 1);
        string partial = path + ".partial";
        var next = new FileStream(partial, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            next.Write(Line(snapshot));
            next.Flush(flushToDisk: true);
            File.Move(partial, path);
        }
        catch
        {
            next.Dispose();
            throw;
        }

        _file?.Dispose();
        _file = next;

        // A large snapshot, of a storm for example, must not make each new segment full at its beginning.
        _snapshotBytes = next.Length;
        _number++;
        foreach ((_, string old) in Segments().SkipLast(segments))
        {
            File.Delete(old);
        }
    }

    public void Dispose() => _file?.Dispose();

    private List<(long Number, string Path)> Segments() =>
    [
        .. Directory.EnumerateFiles(directory, $"{Prefix}*{Suffix}")
            .Select(p => (long.TryParse(Path.GetFileName(p).AsSpan()[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long n) ? n : 0, p))
            .OrderBy(s => s.Item1),
    ];

    private string PathOf(long number) => Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number:D10}{Suffix}"));

    private static byte[] Line(SpoolRecord record)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(record, MonitoringJson.Default.SpoolRecord);
        return [.. json, (byte)'\n'];
    }

    private static List<Range> Lines(byte[] content)
    {
        var lines = new List<Range>();
        int start = 0;
        for (int i = 0; i < content.Length; i++)
        {
            if (content[i] == (byte)'\n')
            {
                lines.Add(start..i);
                start = i + 1;
            }
        }

        return lines;
    }

    private static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Error, "Spool {Path}: the line at byte {Offset} cannot be read and is skipped: {Reason}", EventName = "SpoolLineUnreadable")]
        public static partial void LineUnreadable(ILogger logger, string path, int offset, string reason);

        [LoggerMessage(5102, LogLevel.Warning, "Spool {Path}: {Bytes} bytes of an unfinished record are cut off", EventName = "SpoolTailCut")]
        public static partial void TailCut(ILogger logger, string path, int bytes);
    }
}

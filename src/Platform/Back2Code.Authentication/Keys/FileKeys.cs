using Back2Code.Resilience;
using Microsoft.Extensions.Logging;

namespace Back2Code.Authentication;

/// <summary>
/// Keys from a file. The file is looked at again at most once a second, and read again when its time or size changed.
/// An unreadable or malformed new version leaves the old keys in force.
/// </summary>
internal sealed partial class FileKeys(string path, TimeProvider time, ILogger<FileKeys> logger) : IVerificationKeys
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private KeySet? _keys;
    private (DateTime WrittenAt, long Length) _seen;
    private long _lookedAt;

    public ValueTask<KeySet> CurrentAsync(CancellationToken cancellationToken) => new(Look(force: false));

    public ValueTask<KeySet> RefreshAsync(KeySet known, CancellationToken cancellationToken) => new(Look(force: true));

    private KeySet Look(bool force)
    {
        lock (_gate)
        {
            if (_keys is null || force || time.GetElapsedTime(_lookedAt) >= LookInterval)
            {
                _lookedAt = time.GetTimestamp();
                ReadIfChanged_NeedsLock();
            }

            return _keys ?? throw new DependencyUnavailableException("signing-keys", DependencyUnavailableReason.Failed, LookInterval);
        }
    }

    private void ReadIfChanged_NeedsLock()
    {
        var file = new FileInfo(path);
        var now = file.Exists ? (file.LastWriteTimeUtc, file.Length) : default;
        if (now == _seen && (_keys is not null || !file.Exists))
        {
            return;
        }

        try
        {
            if (now.Length > KeySet.MaxBytes)
            {
                throw new InvalidDataException($"The file has {now.Length} bytes; at most {KeySet.MaxBytes} are read.");
            }

            _keys = KeySet.Parse(File.ReadAllBytes(path));
            Log.KeysLoaded(logger, _keys.Count, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            // Once per version of the file: the next look finds the same time and size.
            if (now != _seen || _keys is null)
            {
                Log.KeysNotLoaded(logger, path, exception.Message);
            }
        }

        _seen = now;
    }

    private static partial class Log
    {
        [LoggerMessage(2301, LogLevel.Information, "Loaded {Count} verification keys from {Path}", EventName = "KeysLoaded")]
        public static partial void KeysLoaded(ILogger logger, int count, string path);

        [LoggerMessage(2302, LogLevel.Error, "Verification keys could not be read from {Path}: {Reason}; keys known before stay in force", EventName = "KeysNotLoaded")]
        public static partial void KeysNotLoaded(ILogger logger, string path, string reason);
    }
}

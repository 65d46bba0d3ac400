using Back2Code.Authentication.Signing;
using Microsoft.Extensions.Logging;

namespace Back2Code.Authentication;

/// <summary>
/// The file with the keys last fetched. Nothing in it is secret, but whoever can write it decides who may sign, hence mode 0600.
/// Trouble with it is logged and never fails a request.
/// </summary>
internal sealed partial class LastKnownKeys(string path, TimeSpan maximumAge, TimeProvider time, ILogger logger)
{
    private byte[] _kept = [];
    private bool _told;

    /// <summary>Keeps a document that has been understood. Called by one fetch at a time.</summary>
    public void Keep(byte[] jwks)
    {
        try
        {
            if (!_kept.AsSpan().SequenceEqual(jwks) || !File.Exists(path))
            {
                PrivateFile.ReplacePrivate(path, jwks);
                _kept = jwks;
            }

            // The time says when the issuer last vouched for these keys, also when they are the same.
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            _told = false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            if (!_told)
            {
                _told = true;
                Log.NotKept(logger, path, exception.Message);
            }
        }
    }

    /// <summary>The keys, or null when there is no file, or none that can be believed.</summary>
    public KeySet? TryRead()
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                return null;
            }

            if (!OperatingSystem.IsWindows() && (file.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0)
            {
                throw new InvalidDataException("others than its owner may write it");
            }

            var age = time.GetUtcNow() - file.LastWriteTimeUtc;
            if (age > maximumAge)
            {
                throw new InvalidDataException($"it is {age.TotalHours:0} h old; at most {maximumAge.TotalHours:0} h are believed (JwksCacheMaximumAge)");
            }

            if (file.Length > KeySet.MaxBytes)
            {
                throw new InvalidDataException($"it has {file.Length} bytes; at most {KeySet.MaxBytes} are read");
            }

            var keys = KeySet.Parse(File.ReadAllBytes(path));
            Log.Taken(logger, keys.Count, path, (long)age.TotalSeconds);
            return keys;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            Log.NotBelieved(logger, path, exception.Message);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2305, LogLevel.Warning, "The issuer is away: validating with {Count} keys from {Path}, {AgeSeconds} s old", EventName = "LastKnownKeysTaken")]
        public static partial void Taken(ILogger logger, int count, string path, long ageSeconds);

        [LoggerMessage(2306, LogLevel.Warning, "The keys in {Path} are not used: {Reason}", EventName = "LastKnownKeysNotBelieved")]
        public static partial void NotBelieved(ILogger logger, string path, string reason);

        [LoggerMessage(2307, LogLevel.Warning, "The keys could not be kept in {Path}, so a start without the issuer would have none: {Reason}", EventName = "KeysNotKept")]
        public static partial void NotKept(ILogger logger, string path, string reason);
    }
}

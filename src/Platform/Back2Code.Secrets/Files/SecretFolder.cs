using System.Text;
using System.Text.RegularExpressions;

namespace Back2Code.Secrets;

/// <summary>
/// A folder with one file for each secret, as systemd, Kubernetes and Docker mount them. The file's name is the key, its text the value, without
/// the line end that editors put there. It is read whole at each look: times and inodes do not tell when a mount is swapped below a link.
/// </summary>
internal sealed partial class SecretFolder(string path, string name, TimeSpan interval) : SecretSource
{
    /// <summary>A certificate chain with its key has about 10 KB.</summary>
    public const int LongestSecret = 64 * 1024;

    /// <summary>Files that are looked at; a folder with more was not meant.</summary>
    public const int MostSecrets = 256;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override string Name => $"{name} {path}";

    public override TimeSpan Interval => interval;

    public override void Load()
    {
        var reading = Read();
        Apply(reading);
        if (reading.Problems.Count > 0)
        {
            // At the start a secret that cannot be read is a mistake that somebody is there to mend.
            throw new SecretException($"Secrets in {path}: {string.Join("; ", reading.Problems)}");
        }
    }

    public void Look() => Apply(Read());

    public override Task<SecretReading> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(Read());

    private SecretReading Read()
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var unread = new List<string>();
        var problems = new List<string>();
        string[] files;
        try
        {
            files = [.. Directory.EnumerateFiles(path).Take(MostSecrets + 1).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SecretReading(values, [.. Data.Keys], [$"the folder cannot be read ({e.GetType().Name})"]);
        }

        if (files.Length > MostSecrets)
        {
            return new SecretReading(values, [.. Data.Keys], [$"the folder holds more than {MostSecrets} files"]);
        }

        foreach (string file in files)
        {
            string fileName = Path.GetFileName(file);
            if (!SecretName().IsMatch(fileName))
            {
                // Kubernetes keeps its own in files that begin with dots.
                continue;
            }

            string key = KeyOf(fileName);
            try
            {
                values[key] = ReadFile(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException)
            {
                unread.Add(key);
                problems.Add(e is InvalidDataException ? $"{fileName}: {e.Message}" : $"{fileName} cannot be read ({e.GetType().Name})");
            }
        }

        return new SecretReading(values, unread, problems);
    }

    private static string ReadFile(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[LongestSecret + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length > LongestSecret)
        {
            throw new InvalidDataException($"it has more than {LongestSecret} bytes");
        }

        string text = Strict.GetString(bytes, 0, length);
        return text.EndsWith('\n') ? text[..^(text.EndsWith("\r\n", StringComparison.Ordinal) ? 2 : 1)] : text;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\z")]
    private static partial Regex SecretName();
}

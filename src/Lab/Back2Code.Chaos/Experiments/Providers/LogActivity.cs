using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Back2Code.Chaos.Experiments.Tolerances;

namespace Back2Code.Chaos.Experiments.Providers;

/// <summary>Looks for lines of a log file. It remembers how long each file was when the run began.</summary>
internal sealed class LogActivity
{
    // Enough for any run; an endless log must not be read whole.
    private const long MaxBytes = 64L * 1024 * 1024;
    private const int MaxLineCharacters = 64 * 1024;
    private const int MaxLines = 100;

    private readonly ConcurrentDictionary<string, long> _lengths = new(StringComparer.Ordinal);

    /// <summary>Everything in the file now was there before the run.</summary>
    public void MarkStart(LogProvider provider, IReadOnlyDictionary<string, JsonNode?> values)
    {
        var path = Placeholders.FillText(provider.Path, values);
        _lengths.TryAdd(path, File.Exists(path) ? new FileInfo(path).Length : 0);
    }

    /// <exception cref="ActivityFailedException">The file cannot be read, or the pattern does not compile.</exception>
    public async Task<JsonNode?> RunAsync(LogProvider provider, IReadOnlyDictionary<string, JsonNode?> values, CancellationToken cancellationToken)
    {
        var path = Placeholders.FillText(provider.Path, values);
        var expression = Placeholders.FillText(provider.Pattern, values);
        try
        {
            var pattern = PythonPattern.Compile(expression);
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Position = From(provider, path, file.Length);
            return await SearchAsync(file, pattern, provider.GivesLines, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ActivityFailedException($"log {path}: {e.Message}", e);
        }
        catch (ArgumentException e)
        {
            throw new ActivityFailedException($"pattern '{expression}' does not compile: {e.Message}", e);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new ActivityFailedException($"pattern '{expression}' took too long on a line of {path}", e);
        }
    }

    private long From(LogProvider provider, string path, long length)
    {
        // A file that is shorter than it was has been rotated: all of it is new.
        var start = provider.SinceStart && _lengths.TryGetValue(path, out var before) && before <= length ? before : 0;
        return Math.Max(start, length - MaxBytes);
    }

    private static async Task<JsonNode?> SearchAsync(FileStream file, Regex pattern, bool givesLines, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(file, Encoding.UTF8);
        var count = 0;
        var lines = new JsonArray();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (pattern.IsMatch(line.Length > MaxLineCharacters ? line[..MaxLineCharacters] : line))
            {
                count++;
                if (lines.Count < MaxLines)
                {
                    lines.Add(JsonValue.Create(line));
                }
            }
        }

        return givesLines ? lines : JsonValue.Create(count);
    }
}

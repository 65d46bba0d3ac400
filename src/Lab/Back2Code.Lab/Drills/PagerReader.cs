using System.Text.Json;

namespace Back2Code.Lab.Drills;

/// <summary>One message with which monitoring would have called somebody.</summary>
/// <param name="At">When it was sent.</param>
/// <param name="Title">Of the incident.</param>
/// <param name="Alerts">The critical alerts that it told of.</param>
public sealed record DrillPage(DateTimeOffset At, string Title, IReadOnlyList<string> Alerts);

/// <summary>Reads monitoring's log of what a pager would be sent.</summary>
internal static class PagerReader
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <returns>The calls since a time; null when the log cannot be read. No file means that nobody was ever called.</returns>
    public static async Task<IReadOnlyList<DrillPage>?> ReadAsync(string file, DateTimeOffset since, CancellationToken cancellationToken)
    {
        try
        {
            // Monitoring goes on writing; a line that is not whole yet is of a later moment.
            var lines = await File.ReadAllLinesAsync(file, cancellationToken);
            return [.. lines.Where(l => l.EndsWith('}')).Select(l => JsonSerializer.Deserialize<DrillPage>(l, Options)!).Where(p => p.At >= since)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}

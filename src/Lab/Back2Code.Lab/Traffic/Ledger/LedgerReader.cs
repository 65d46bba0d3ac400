using System.Text.Json;

namespace Back2Code.Lab.Traffic.Ledger;

internal static class LedgerReader
{
    /// <summary>Reads a ledger from the beginning. A torn line is tolerated where a killed generator leaves one: at the end, or before the next run.</summary>
    /// <exception cref="TrafficException">The file cannot be read, or a line that should be whole is not an entry.</exception>
    public static IEnumerable<LedgerEntry> Read(string path)
    {
        using var lines = Open(path);
        LedgerEntry? previous = null;
        int number = 0;
        int tornAt = 0;
        while (NextLine(lines, path) is string line)
        {
            number++;
            var entry = Parse(line);
            if (tornAt > 0 && entry?.Kind != LedgerEntry.Run)
            {
                throw new TrafficException($"Line {tornAt} of {path} is no ledger entry. Is this a ledger of `back2code traffic run`?");
            }

            tornAt = entry is null ? number : 0;
            if (entry is not null)
            {
                if (previous is null && entry.Kind != LedgerEntry.Run)
                {
                    throw new TrafficException($"{path} does not begin with a run. Is this a ledger of `back2code traffic run`?");
                }

                previous = entry;
                yield return entry;
            }
        }

        if (previous is null)
        {
            throw new TrafficException($"{path} holds no run: the generator has not written to it yet, or it is no ledger.");
        }
    }

    private static LedgerEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, WireJson.Default.LedgerEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static StreamReader Open(string path)
    {
        try
        {
            // The generator may still have it open.
            return new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrafficException($"The ledger {path} cannot be read: {e.Message}", e);
        }
    }

    private static string? NextLine(StreamReader lines, string path)
    {
        try
        {
            return lines.ReadLine();
        }
        catch (IOException e)
        {
            throw new TrafficException($"The ledger {path} cannot be read: {e.Message}", e);
        }
    }
}

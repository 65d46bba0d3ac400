using System.Text.Json;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>The undo records of one platform: one JSON file for each fault that stands, written and flushed to disk before the fault acts.</summary>
public static class FaultJournal
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>
    /// Undoes what dead injectors left behind. A record that cannot be undone now (the proxy is away) stays for the next call; one that is done is deleted.
    /// </summary>
    public static async Task<HealResult> HealAsync(IFaultTarget platform, HealScope scope, CancellationToken cancellationToken)
    {
        List<string> healed = [];
        List<string> failed = [];
        if (!Directory.Exists(platform.FaultsDirectory))
        {
            return new HealResult(healed, failed);
        }

        if (scope == HealScope.All)
        {
            // Whoever wrote a draft died before acting.
            Directory.EnumerateFiles(platform.FaultsDirectory, "*.draft").ToList().ForEach(File.Delete);
        }

        foreach (string path in Directory.EnumerateFiles(platform.FaultsDirectory, "*.json").Order(StringComparer.Ordinal))
        {
            try
            {
                var record = await ReadAsync(path, cancellationToken);
                if (scope == HealScope.All || IsAbandoned(record, platform.Time))
                {
                    var lines = await UndoAsync(platform, record, path, cancellationToken);
                    healed.Add($"{record.Type} on {record.Target}: {string.Join("; ", lines)}");
                }
            }
            catch (Exception e) when (e is FaultException or JsonException or IOException or UnauthorizedAccessException)
            {
                failed.Add($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return new HealResult(healed, failed);
    }

    /// <summary>Writes a record so that it survives a power cut. Returns its path.</summary>
    internal static async Task<string> WriteAsync(string directory, UndoRecord record, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, record.FaultId + ".json");
        string draft = path + ".draft";
        await using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
        {
            await JsonSerializer.SerializeAsync(file, record, Json, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        // Renamed when whole: a reader never meets half a record.
        File.Move(draft, path, overwrite: true);
        Native.FlushDirectory(directory);
        return path;
    }

    /// <summary>Applies every step, even after one has failed, and deletes the record when all are done.</summary>
    /// <exception cref="FaultException">Some step failed; the record stays.</exception>
    internal static async Task<IReadOnlyList<string>> UndoAsync(IFaultTarget platform, UndoRecord record, string path, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        List<string> failures = [];
        foreach (var step in record.Steps)
        {
            try
            {
                lines.Add(await step.ApplyAsync(platform, record, cancellationToken));
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: one step that fails must not keep the others from healing.
                failures.Add(e.Message);
            }
        }

        if (failures.Count > 0)
        {
            throw new FaultException($"{record.Type} on {record.Target} could not be undone: {string.Join("; ", failures)}. Its undo record stays: {path}");
        }

        File.Delete(path);
        return lines;
    }

    private static async Task<UndoRecord> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<UndoRecord>(file, Json, cancellationToken) ?? throw new JsonException("the record is empty");
    }

    private static bool IsAbandoned(UndoRecord record, TimeProvider time) =>
        record.ExpiresAt <= time.GetUtcNow()
        || record.BootId != BootId
        || new LinuxProcess(record.OwnerPid, record.OwnerStartTicks).IsGone;
}

/// <summary>Which undo records to replay.</summary>
public enum HealScope
{
    /// <summary>Every record: at the start of a lab, when no drill can be running.</summary>
    All,

    /// <summary>Records whose lease has expired or whose injector is dead: safe at any time, beside running drills.</summary>
    Abandoned,
}

/// <param name="Healed">One line for each fault undone.</param>
/// <param name="Failed">One line for each record that remains, with the reason.</param>
public sealed record HealResult(IReadOnlyList<string> Healed, IReadOnlyList<string> Failed);

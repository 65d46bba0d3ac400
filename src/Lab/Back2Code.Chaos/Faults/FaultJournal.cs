using System.Text.Json;
using Back2Code.Chaos.Faults.Processes;

namespace Back2Code.Chaos.Faults;

/// <summary>The undo records of one platform: one JSON file for each fault that stands, written and flushed to disk before the fault acts.</summary>
public static partial class FaultJournal
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>What stands by the records, oldest first. A record that cannot be read is left out; healing reports it.</summary>
    public static async Task<IReadOnlyList<StandingFault>> ListAsync(string faultsDirectory, TimeProvider time, CancellationToken cancellationToken)
    {
        List<StandingFault> standing = [];
        foreach (string path in RecordsIn(faultsDirectory))
        {
            try
            {
                if (await ReadAsync(path, cancellationToken) is { } record)
                {
                    standing.Add(new StandingFault(
                        record.FaultId, record.Type, record.Target, record.Parameters, record.WrittenAt, record.ExpiresAt, record.OwnerPid, IsAbandoned(record, time)));
                }
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                // Healing says which and why.
            }
        }

        return standing;
    }

    /// <summary>Undoes one fault by its record, whoever injected it.</summary>
    /// <returns>What was undone; null when no such fault stands.</returns>
    /// <exception cref="FaultException">Some step failed; the record stays.</exception>
    public static async Task<IReadOnlyList<string>?> UndoAsync(IFaultTarget platform, string faultId, CancellationToken cancellationToken)
    {
        string? path = RecordsIn(platform.FaultsDirectory).FirstOrDefault(p => Path.GetFileNameWithoutExtension(p) == faultId);
        return path is not null && await ReadAsync(path, cancellationToken) is { } record
            ? await EndAsync(platform, record, path, cancellationToken)
            : null;
    }

    /// <summary>Writes a record so that it survives a power cut. Returns its path.</summary>
    internal static async Task<string> WriteAsync(string directory, UndoRecord record, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, record.FaultId + ".json");
        string draft = path + ".draft";

        // A record may hold what must be given back: a password, a verifier.
        var onlyOurs = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            onlyOurs.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using (var file = new FileStream(draft, onlyOurs))
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
        var (lines, failures) = await ApplyAsync(platform, record, record.Steps, cancellationToken);
        if (failures.Count > 0)
        {
            throw new FaultException(
                $"{record.Type} on {record.Target} could not be undone: {string.Join("; ", failures.Select(f => f.Why))}. Its undo record stays: {path}");
        }

        Strike(path);
        return lines;
    }

    private static async Task<(List<string> Lines, List<(UndoStep Step, string Why)> Failures)> ApplyAsync(
        IFaultTarget platform, UndoRecord record, IEnumerable<UndoStep> steps, CancellationToken cancellationToken)
    {
        List<string> lines = [];
        List<(UndoStep, string)> failures = [];
        foreach (var step in steps)
        {
            try
            {
                lines.Add(await step.ApplyAsync(platform, record, cancellationToken));
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: one step that fails must not keep the others from healing.
                failures.Add((step, e.Message));
            }
        }

        return (lines, failures);
    }

    /// <summary>The last first: ids are time-ordered, and a fault may stand on another, or in the way of its undoing.</summary>
    private static IEnumerable<string> RecordsIn(string directory) =>
        Directory.Exists(directory) ? Directory.GetFiles(directory, "*.json").OrderDescending(StringComparer.Ordinal) : [];

    /// <returns>Null when somebody else has just undone it.</returns>
    private static async Task<UndoRecord?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await JsonSerializer.DeserializeAsync<UndoRecord>(file, Json, cancellationToken) ?? throw new JsonException("the record is empty");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static bool IsAbandoned(UndoRecord record, TimeProvider time) => record.ExpiresAt <= time.GetUtcNow() || HasLostItsOwner(record);

    private static bool HasLostItsOwner(UndoRecord record) =>
        record.BootId != BootId || new LinuxProcess(record.OwnerPid, record.OwnerStartTicks).IsGone;
}

/// <summary>A fault that stands, as its record tells.</summary>
/// <param name="ExpiresAt">When its lease ends: from then on the platform undoes it by itself.</param>
/// <param name="OwnerPid">The process that injected it and is to undo it.</param>
/// <param name="Abandoned">Its lease is over, or its owner is gone.</param>
public sealed record StandingFault(
    string FaultId,
    string Type,
    string Target,
    IReadOnlyDictionary<string, string> Parameters,
    DateTimeOffset Since,
    DateTimeOffset ExpiresAt,
    int OwnerPid,
    bool Abandoned);

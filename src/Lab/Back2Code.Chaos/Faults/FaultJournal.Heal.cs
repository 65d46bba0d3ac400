using System.Text.Json;

namespace Back2Code.Chaos.Faults;

/// <summary>Undoing what others left behind.</summary>
public static partial class FaultJournal
{
    // What a dead injector had sent a moment before may still be on its way; undone too early, it would come after its own undoing.
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    // A draft becomes a record within milliseconds. To lose one is safe: its writer then fails before it acts.
    private static readonly TimeSpan LongestUndo = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestDraft = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Undoes what dead injectors left behind on a platform that runs. A record that cannot be undone now (the proxy is away) stays for the next call; one
    /// that is done is deleted.
    /// </summary>
    public static async Task<HealResult> HealAsync(IFaultTarget platform, HealScope scope, CancellationToken cancellationToken)
    {
        List<string> healed = [];
        List<string> failed = [];
        DropDrafts(platform.FaultsDirectory, scope == HealScope.All ? TimeSpan.Zero : LongestDraft);
        bool waited = false;
        foreach (string path in RecordsIn(platform.FaultsDirectory))
        {
            try
            {
                if (await ReadAsync(path, cancellationToken) is not { } record || (scope == HealScope.Abandoned && !IsAbandoned(record, platform.Time)))
                {
                    continue;
                }

                if (HasLostItsOwner(record) && !waited)
                {
                    await Task.Delay(LastWords, platform.Time, cancellationToken);
                    waited = true;
                }

                // Each with a limit of its own: a slow one must not starve those that come after it.
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                limit.CancelAfter(LongestUndo);
                var lines = await EndAsync(platform, record, path, limit.Token);
                healed.Add(Line(record, lines));
            }
            catch (Exception e) when (e is FaultException or JsonException or IOException or UnauthorizedAccessException
                || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                failed.Add($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return new HealResult(healed, failed);
    }

    /// <summary>
    /// For a platform that does not run any more: what was gone with it is taken off the record, what needs no process is undone, and what needs one waits for it
    /// (<see cref="HealForAsync"/>).
    /// </summary>
    /// <param name="platform">Of which only folders and time are used.</param>
    public static async Task<HealResult> SettleAsync(IFaultTarget platform, CancellationToken cancellationToken)
    {
        List<string> healed = [];
        List<string> failed = [];
        List<string> waiting = [];
        DropDrafts(platform.FaultsDirectory, TimeSpan.Zero);
        foreach (string path in RecordsIn(platform.FaultsDirectory))
        {
            try
            {
                if (await ReadAsync(path, cancellationToken) is not { } record)
                {
                    continue;
                }

                var standing = record.Steps.Where(s => s.OutlivesPlatform).ToList();
                var (lines, failures) = await ApplyAsync(platform, record, standing.Where(s => s.NeedsProcess is null), cancellationToken);
                var left = standing.Where(s => s.NeedsProcess is not null || failures.Any(f => f.Step == s)).ToList();
                if (left.Count == 0)
                {
                    Strike(path);
                    healed.Add(Line(record, lines.Count > 0 ? lines : ["gone with the platform"]));
                    continue;
                }

                if (left.Count < record.Steps.Count || !IsAbandoned(record, platform.Time))
                {
                    // Whoever injected it may live on; with the platform gone it is nobody's any more.
                    await WriteAsync(platform.FaultsDirectory, record with { Steps = left, ExpiresAt = platform.Time.GetUtcNow() }, cancellationToken);
                }

                failed.AddRange(failures.Select(f => $"{record.Type} on {record.Target}: {f.Why}"));
                waiting.AddRange(left.Select(s => s.NeedsProcess).OfType<string>().Distinct()
                    .Select(process => $"{record.Type} on {record.Target}: waits for {process}; undone at the next start"));
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                failed.Add($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return new HealResult(healed, failed) { Waiting = waiting };
    }

    /// <summary>Undoes what an earlier platform left behind and what needs this process, which answers now but is not used by anybody yet.</summary>
    public static async Task<HealResult> HealForAsync(IFaultTarget platform, string process, CancellationToken cancellationToken)
    {
        List<string> healed = [];
        List<string> failed = [];
        foreach (string path in RecordsIn(platform.FaultsDirectory))
        {
            try
            {
                if (await ReadAsync(path, cancellationToken) is not { } record
                    || !IsAbandoned(record, platform.Time)
                    || !record.Steps.Any(s => s.OutlivesPlatform && s.NeedsProcess == process))
                {
                    continue;
                }

                var (lines, failures) = await ApplyAsync(platform, record, record.Steps.Where(s => s.OutlivesPlatform && s.NeedsProcess == process), cancellationToken);
                var left = record.Steps.Where(s => !(s.OutlivesPlatform && s.NeedsProcess == process) || failures.Any(f => f.Step == s)).ToList();
                if (left.Count == 0)
                {
                    Strike(path);
                }
                else if (left.Count < record.Steps.Count)
                {
                    await WriteAsync(platform.FaultsDirectory, record with { Steps = left }, cancellationToken);
                }

                healed.AddRange(lines.Count > 0 ? [Line(record, lines)] : []);
                failed.AddRange(failures.Select(f => $"{record.Type} on {record.Target}: {f.Why}"));
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                failed.Add($"{Path.GetFileName(path)}: {e.Message}");
            }
        }

        return new HealResult(healed, failed);
    }

    private static string Line(UndoRecord record, IReadOnlyList<string> lines) =>
        $"{record.Type} on {record.Target}: {(lines.Count > 0 ? string.Join("; ", lines) : "nothing to undo")}";

    /// <summary>Whoever wrote an old draft died before acting.</summary>
    private static void DropDrafts(string directory, TimeSpan olderThan)
    {
        DropMarksWithoutRecord(directory);
        foreach (var draft in Directory.Exists(directory) ? new DirectoryInfo(directory).GetFiles("*.draft") : [])
        {
            // By the clock that stamps files, not the platform's.
            if (TimeProvider.System.GetUtcNow() - draft.LastWriteTimeUtc >= olderThan)
            {
                draft.Delete();
            }
        }
    }
}

/// <summary>Which undo records to replay.</summary>
public enum HealScope
{
    /// <summary>Every record: when no drill can be running, or when somebody wants everything to end.</summary>
    All,

    /// <summary>Records whose lease has expired or whose injector is dead: safe at any time, beside running drills.</summary>
    Abandoned,
}

/// <param name="Healed">One line for each fault undone.</param>
/// <param name="Failed">One line for each record that remains, with the reason.</param>
public sealed record HealResult(IReadOnlyList<string> Healed, IReadOnlyList<string> Failed)
{
    /// <summary>One line for each record that remains because what it needs does not run.</summary>
    public IReadOnlyList<string> Waiting { get; init; } = [];
}

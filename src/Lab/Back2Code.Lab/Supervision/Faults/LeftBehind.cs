using Back2Code.Chaos.Faults;

namespace Back2Code.Lab.Supervision.Faults;

/// <summary>What a platform that was killed left on record: settled by whatever command comes next.</summary>
public static class LeftBehind
{
    /// <summary>Undoes what can be undone without the platform. Does nothing where one runs, or is just starting: it does so itself.</summary>
    /// <returns>Null when there was nothing to look at.</returns>
    public static async Task<HealResult?> SettleAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        var paths = new StatePaths(stateDirectory);
        try
        {
            if (!Directory.Exists(paths.Faults) || !Directory.EnumerateFiles(paths.Faults).Any() || !File.Exists(paths.Lock))
            {
                return null;
            }

            // The lock is the lab's; whoever has it may change what is on record.
            await using var alone = new FileStream(paths.Lock, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return await FaultJournal.SettleAsync(new StoppedPlatform(paths, TimeProvider.System), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A lab has it, or the folder is another user's.
            return null;
        }
    }
}

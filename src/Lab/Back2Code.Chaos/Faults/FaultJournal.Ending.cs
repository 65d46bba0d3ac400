namespace Back2Code.Chaos.Faults;

/// <summary>
/// How the end of a fault is told to the process that holds it up by a loop or by sessions, and would disturb again what was just undone. Whoever ends it puts a mark
/// beside its record; the owner, which looks for one (<see cref="ForeignEnd"/>), lets go and answers by another.
/// </summary>
public static partial class FaultJournal
{
    // Letting go takes milliseconds. An owner that takes longer hangs, and the fault is to end all the same.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LookForAnswer = TimeSpan.FromMilliseconds(10);

    internal static bool IsEnding(string record) => !File.Exists(record) || File.Exists(EndingMarkOf(record));

    /// <summary>The owner's answer: nothing of it disturbs any more.</summary>
    internal static void AnswerEnd(string record)
    {
        try
        {
            File.Move(EndingMarkOf(record), EndedMarkOf(record), overwrite: true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Nobody has asked, or whoever did has not waited.
        }
    }

    /// <summary>Undoes a fault of somebody else's.</summary>
    private static async Task<IReadOnlyList<string>> EndAsync(IFaultTarget platform, UndoRecord record, string path, CancellationToken cancellationToken)
    {
        await AnnounceEndAsync(platform, record, path, cancellationToken);

        // An owner that was still acting takes it back itself.
        return File.Exists(path) ? await UndoAsync(platform, record, path, cancellationToken) : ["was undone by whoever injected it"];
    }

    /// <summary>Returns when the owner has let go, or is gone, or has had its second.</summary>
    private static async Task AnnounceEndAsync(IFaultTarget platform, UndoRecord record, string path, CancellationToken cancellationToken)
    {
        if (!record.HeldUp || HasLostItsOwner(record) || File.Exists(EndedMarkOf(path)))
        {
            return;
        }

        await File.WriteAllBytesAsync(EndingMarkOf(path), [], cancellationToken);
        long start = platform.Time.GetTimestamp();
        while (File.Exists(EndingMarkOf(path)) && !HasLostItsOwner(record) && platform.Time.GetElapsedTime(start) < LongestFarewell)
        {
            await Task.Delay(LookForAnswer, platform.Time, cancellationToken);
        }
    }

    /// <summary>Takes a fault off the record. The marks first: without a record nobody would look for them.</summary>
    private static void Strike(string record)
    {
        File.Delete(EndingMarkOf(record));
        File.Delete(EndedMarkOf(record));
        File.Delete(record);
    }

    /// <summary>A mark that came when its record had just gone.</summary>
    private static void DropMarksWithoutRecord(string directory)
    {
        foreach (string mark in Directory.Exists(directory) ? Directory.GetFiles(directory, "*.end*") : [])
        {
            if (!File.Exists(Path.ChangeExtension(mark, ".json")))
            {
                File.Delete(mark);
            }
        }
    }

    private static string EndingMarkOf(string record) => Path.ChangeExtension(record, ".ending");

    private static string EndedMarkOf(string record) => Path.ChangeExtension(record, ".ended");
}

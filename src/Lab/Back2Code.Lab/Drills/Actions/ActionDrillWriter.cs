using Back2Code.Chaos.Experiments;
using Back2Code.Lab.Supervision;

namespace Back2Code.Lab.Drills.Actions;

/// <summary>An action item, and the drill file that was written for it; null when there is none.</summary>
public sealed record WrittenAction(int Number, string Title, string? File, string Why);

/// <summary>Writes the drills of action items into a folder, each checked by reading it.</summary>
public static class ActionDrillWriter
{
    /// <exception cref="LabException">A file exists already or cannot be written.</exception>
    public static IReadOnlyList<WrittenAction> Write(string folder, string incident, Drill drill, IReadOnlyList<ActionDrill> actions)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return [.. actions.Select(action => Write(folder, incident, drill, action))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"The drills of the action items cannot be written: {e.Message}", e);
        }
    }

    private static WrittenAction Write(string folder, string incident, Drill drill, ActionDrill action)
    {
        var item = action.Item;
        if (action.Promises.Count == 0)
        {
            return new WrittenAction(item.Number, item.Title, null, action.Why);
        }

        var name = FormattableString.Invariant($"{drill.Name}-action-{item.Number}");
        var (text, extension) = ActionDrillFile.Write(drill.File, action.Promises,
        [
            FormattableString.Invariant($"Action item {item.Number} of incident {incident}: {OneLine(item.Title)} ({item.Type}, {OneLine(item.Owner)})."),
            $"Tightened: {string.Join(", ", action.Promises.Select(p => $"{p.Objective} at most {p.Text}"))}; {OneLine(action.Why)}.",
            "It must deviate until the item is done, and complete from then on; keep it among the drills afterwards.",
        ]);
        var path = Path.Combine(folder, name + extension);
        if (File.Exists(path))
        {
            throw new LabException($"{path} exists; it may hold changes of yours. Name another folder.");
        }

        File.WriteAllText(path, text);
        try
        {
            DrillReader.Load(path);
        }
        catch (InvalidExperimentException e)
        {
            // A promise may contradict something else in the drill; a file that cannot run shows nothing.
            File.Delete(path);
            return new WrittenAction(item.Number, item.Title, null, $"the drill would not be valid: {e.Message}");
        }

        return new WrittenAction(item.Number, item.Title, path, action.Why);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}

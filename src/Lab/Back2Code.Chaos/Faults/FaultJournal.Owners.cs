using System.Text.Json;

namespace Back2Code.Chaos.Faults;

/// <summary>Whose turn it is: what is to be given back as it was found is changed by one fault at a time.</summary>
public static partial class FaultJournal
{
    /// <exception cref="FaultException">A fault that stands owns what this one would change.</exception>
    internal static async Task RefuseWhatIsOwnedAsync(string directory, UndoRecord record, CancellationToken cancellationToken)
    {
        var wanted = record.Steps.Select(s => s.Owns).OfType<string>().ToHashSet();
        if (wanted.Count == 0)
        {
            return;
        }

        foreach (var other in await ReadOthersAsync(directory, record.FaultId, cancellationToken))
        {
            if (other.Steps.Select(s => s.Owns).OfType<string>().FirstOrDefault(wanted.Contains) is { } shared)
            {
                throw new FaultException(
                    $"{record.Type} on {record.Target} would change {shared}, which {other.Type} on {other.Target} has changed and will give back. End that fault first: back2code fault remove {other.FaultId}");
            }
        }
    }

    private static async Task<List<UndoRecord>> ReadOthersAsync(string directory, string faultId, CancellationToken cancellationToken)
    {
        List<UndoRecord> others = [];
        foreach (string path in RecordsIn(directory).Where(p => Path.GetFileNameWithoutExtension(p) != faultId))
        {
            try
            {
                if (await ReadAsync(path, cancellationToken) is { } other)
                {
                    others.Add(other);
                }
            }
            catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
            {
                // Nobody knows what it owns; healing says which and why.
            }
        }

        return others;
    }
}

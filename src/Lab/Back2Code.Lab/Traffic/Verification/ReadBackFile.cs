using System.Text.Json;
using System.Text.Json.Serialization;

namespace Back2Code.Lab.Traffic.Verification;

/// <summary>One line of a read-back file: what was seen of a note, of the notes of a creation, of an event, or of a user's pages.</summary>
internal sealed record ReadBackLine
{
    public const string NoteKind = "note", KeyKind = "key", EventKind = "event", UserKind = "user", TroubleKind = "trouble";

    public required string Kind { get; init; }

    public Guid? Note { get; init; }

    /// <summary>Of a note: whether the last answered read found it; absent when there was none.</summary>
    public bool? Found { get; init; }

    public long? Version { get; init; }

    public string? Content { get; init; }

    /// <summary>Of a note: whether its owner's list shows it; absent when the list was not read to its end.</summary>
    public bool? Listed { get; init; }

    public string? Key { get; init; }

    public string? Type { get; init; }

    /// <summary>Notes that one creation made, or notifications of one event.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    public string? User { get; init; }

    public bool? InboxRead { get; init; }

    public bool? LookedAgain { get; init; }

    public string? Text { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReadBackLine))]
internal sealed partial class ReadBackJson : JsonSerializerContext;

/// <summary>Keeps what was seen beside the ledger, one JSON line each, so that anybody can judge it again.</summary>
internal static class ReadBackFile
{
    public static async Task WriteAsync(string path, ExpectedState state, ReadBack seen, CancellationToken cancellationToken)
    {
        await using var file = new StreamWriter(path);
        foreach (var line in Lines(state, seen))
        {
            await file.WriteLineAsync(JsonSerializer.Serialize(line, ReadBackJson.Default.ReadBackLine).AsMemory(), cancellationToken);
        }
    }

    /// <summary>Puts what was seen into the expected state, and returns the rest.</summary>
    /// <exception cref="TrafficException">The file cannot be read or is no such file.</exception>
    public static ReadBack Read(string path, ExpectedState state)
    {
        var seen = new ReadBack();
        int number = 0;
        try
        {
            foreach (string text in File.ReadLines(path))
            {
                number++;
                Take(JsonSerializer.Deserialize(text, ReadBackJson.Default.ReadBackLine) ?? throw new JsonException("null is no line"), state, seen);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrafficException($"{path} cannot be read: {e.Message}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentNullException or FormatException)
        {
            throw new TrafficException($"Line {number} of {path} is not what `back2code traffic verify --readback` writes.", e);
        }

        foreach (var write in state.Acknowledged)
        {
            write.EventSeen = seen.Notifications.ContainsKey(EventKey.Of(write));
        }

        return seen;
    }

    private static IEnumerable<ReadBackLine> Lines(ExpectedState state, ReadBack seen)
    {
        foreach (var note in state.Notes.Values)
        {
            yield return new ReadBackLine { Kind = ReadBackLine.NoteKind, Note = note.Id, Found = note.Seen?.Found, Version = note.Seen?.Version, Content = note.Seen?.Content, Listed = note.Listed };
        }

        foreach (var (key, notes) in seen.NotesByKey)
        {
            yield return new ReadBackLine { Kind = ReadBackLine.KeyKind, Key = key, Ids = [.. notes.Keys.Select(id => id.ToString())] };
        }

        foreach (var (key, notifications) in seen.Notifications)
        {
            yield return new ReadBackLine { Kind = ReadBackLine.EventKind, Note = key.NoteId, Type = key.Type, Version = key.Version, Ids = [.. notifications.Keys] };
        }

        foreach (string user in state.Users)
        {
            yield return new ReadBackLine { Kind = ReadBackLine.UserKind, User = user, InboxRead = seen.InboxesRead.ContainsKey(user), LookedAgain = seen.LookedAgain.ContainsKey(user) };
        }

        yield return new ReadBackLine { Kind = ReadBackLine.TroubleKind, Text = seen.LastTrouble };
    }

    private static void Take(ReadBackLine line, ExpectedState state, ReadBack seen)
    {
        switch (line.Kind)
        {
            case ReadBackLine.NoteKind:
                // A line about a note that the ledger does not know has no effect on any verdict.
                if (state.Notes.TryGetValue(line.Note!.Value, out var note))
                {
                    note.Seen = line.Found is { } found ? new NoteSeen(found, line.Version, line.Content) : null;
                    note.Listed = line.Listed;
                }

                break;
            case ReadBackLine.KeyKind:
                foreach (string id in line.Ids ?? [])
                {
                    seen.Listed(line.Key!, Guid.Parse(id));
                }

                break;
            case ReadBackLine.EventKind:
                foreach (string id in line.Ids ?? [])
                {
                    seen.Notified(new EventKey(line.Note!.Value, line.Type ?? "", line.Version), id);
                }

                break;
            case ReadBackLine.UserKind:
                if (line.InboxRead == true)
                {
                    seen.InboxesRead.TryAdd(line.User!, 0);
                }

                if (line.LookedAgain == true)
                {
                    seen.LookedAgain.TryAdd(line.User!, 0);
                }

                break;
            case ReadBackLine.TroubleKind:
                seen.LastTrouble = line.Text ?? "";
                break;
        }
    }
}

namespace Back2Code.Notes;

/// <summary>A note as its owner sees it.</summary>
/// <param name="Id">UUID version 7: ids sort by creation.</param>
/// <param name="Version">1 at creation, one more with each change; the version to send with the next replacement.</param>
public sealed record NoteView(Guid Id, string Title, string Body, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static NoteView From(Note note) => new(note.Id, note.Title, note.Body, note.Version, note.CreatedAt, note.UpdatedAt);
}

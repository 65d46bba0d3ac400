namespace Back2Code.Notes.Exporting;

/// <summary>All that is held about somebody here, as one document that is written while it is read.</summary>
/// <param name="OwnerId">Whose it is.</param>
/// <param name="Notes">Newest first.</param>
/// <param name="DeletedNotes">What is left of deleted notes for a time.</param>
/// <param name="IdempotencyKeys">What is remembered of requests for a time.</param>
public sealed record NotesExport(
    string OwnerId, IAsyncEnumerable<NoteView> Notes, IAsyncEnumerable<DeletedNote> DeletedNotes, IAsyncEnumerable<RememberedKey> IdempotencyKeys);

/// <summary>A tombstone: no text of the note is left.</summary>
public sealed record DeletedNote(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset DeletedAt);

/// <summary>An Idempotency-Key that was sent, and the note that it made.</summary>
public sealed record RememberedKey(string Key, Guid NoteId, DateTimeOffset CreatedAt);

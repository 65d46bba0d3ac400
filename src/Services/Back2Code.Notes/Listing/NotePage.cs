namespace Back2Code.Notes.Listing;

/// <summary>Part of a user's notes, newest first.</summary>
/// <param name="Items">At most <c>limit</c> notes; fewer when their bodies are large.</param>
/// <param name="Next">The cursor of the next page; null on the last one.</param>
public sealed record NotePage(IReadOnlyList<NoteView> Items, string? Next);

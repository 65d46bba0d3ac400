using System.Text.Json;

namespace Back2Code.Lab.Traffic;

// The few fields of the public HTTP API that a client of the platform needs. The lab knows services only by HTTP, so these are its own.
// Members are nullable where a broken answer may leave them out: a client checks, it does not trust.

internal sealed record CreateNote(string Title, string Body);

internal sealed record ReplaceNote(string Title, string Body, long Version);

internal sealed record NoteView(Guid Id, string? Title, string? Body, long Version, DateTimeOffset CreatedAt);

internal sealed record NotePage(IReadOnlyList<NoteView>? Items, string? Next);

/// <param name="Id">Number or string; only its identity matters.</param>
internal sealed record NotificationView(JsonElement Id, string? Type, Guid NoteId, long Version, DateTimeOffset CreatedAt);

internal sealed record NotificationPage(IReadOnlyList<NotificationView>? Items, string? Next);

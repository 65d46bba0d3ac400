using System.Text.Json;
using Back2Code.Audit;
using Back2Code.Messaging;

namespace Back2Code.Notes.Events;

/// <summary>The events that this service publishes; their schemas are in <c>docs/events</c>.</summary>
internal static class NoteEvents
{
    public const string Source = "/services/notes";
    public const string Created = "note.created";
    public const string Replaced = "note.replaced";
    public const string Deleted = "note.deleted";

    // An event says that a note changed, not what it says: the text stays behind this service's own authorisation.
    public static CloudEvent From(string type, Guid noteId, string ownerId, long version, DateTimeOffset at) => new(
        Id: Guid.CreateVersion7(at).ToString(),
        Source,
        type,
        Subject: noteId.ToString(),
        Time: at,
        Data: JsonSerializer.SerializeToElement(new NoteEventData(noteId, ownerId, version), JsonSerializerOptions.Web));

    /// <summary>Who did that, for the audit trail.</summary>
    public static CloudEvent Audited(TimeProvider time, AuditActor actor, string type, Guid noteId) =>
        AuditEvents.From(Source, AuditRecord.Create(time, actor, type, $"notes/{noteId}"));
}

internal sealed record NoteEventData(Guid NoteId, string OwnerId, long Version);

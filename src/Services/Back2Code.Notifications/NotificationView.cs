using Npgsql;

namespace Back2Code.Notifications;

/// <summary>One entry of a user's inbox.</summary>
/// <param name="Id">UUID version 7: ids sort by arrival.</param>
/// <param name="Type">What happened: the type of the event, for example <c>note.created</c>.</param>
/// <param name="NoteId">The note that it happened to.</param>
/// <param name="Version">The version of the note that it made.</param>
/// <param name="CreatedAt">When the notification arrived in the inbox.</param>
/// <param name="ReadAt">When the user marked it as read; null until then.</param>
public sealed record NotificationView(Guid Id, string Type, Guid NoteId, long Version, DateTimeOffset CreatedAt, DateTimeOffset? ReadAt)
{
    /// <summary>The columns that <see cref="From"/> reads, in its order.</summary>
    internal const string Columns = "id, type, note_id, version, created_at, read_at";

    internal static NotificationView From(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetGuid(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4),
        row.IsDBNull(5) ? null : row.GetFieldValue<DateTimeOffset>(5));
}

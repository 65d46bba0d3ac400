using Npgsql;

namespace Back2Code.Notes;

/// <summary>A live note as stored and as cached. It never crosses the wire: see <see cref="NoteView"/>.</summary>
internal sealed record Note(
    Guid Id, string OwnerId, string Title, string Body, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>The columns that <see cref="From"/> reads, in its order.</summary>
    public const string Columns = "id, owner_id, title, body, version, created_at, updated_at";

    /// <summary>
    /// The owner is part of the key, as it is part of every WHERE: what one user cached, another cannot reach.
    /// The id comes first because its length is fixed, so that no owner's name can be read as part of another key.
    /// </summary>
    public static string CacheKey(Guid id, string ownerId) => $"{id:N}:{ownerId}";

    public static Note From(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4),
        row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6));
}

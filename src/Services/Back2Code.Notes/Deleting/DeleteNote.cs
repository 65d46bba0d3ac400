using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Deleting;

/// <summary>DELETE /v1/notes/{id}</summary>
internal sealed class DeleteNote(Database database, VersionedCache cache, TimeProvider time)
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, CurrentUser user, AuditActor actor, DeleteNote operation, CancellationToken cancellationToken) =>
        await operation.ExecuteAsync(id, user.Id, actor, cancellationToken) ? TypedResults.NoContent() : NoteProblems.NoteNotFound(id);

    /// <returns>Whether the note is deleted now, by this request or an earlier one; false when it never was this user's.</returns>
    public async Task<bool> ExecuteAsync(Guid id, string ownerId, AuditActor actor, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetStorableNow();

        long? tombstone = await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await BuryAsync(connection, transaction, id, ownerId, now, attempt) is not { } version)
                {
                    return await FindTombstoneAsync(connection, transaction, id, ownerId, attempt);
                }

                await Outbox.AppendAsync(
                    connection,
                    transaction,
                    [NoteEvents.From(NoteEvents.Deleted, id, ownerId, version, now), NoteEvents.Audited(time, actor, NoteEvents.Deleted, id)],
                    attempt);
                return version;
            },
            replaySafe: true,
            cancellationToken);

        if (tombstone is null)
        {
            return false;
        }

        // Committed: the client going away must not leave the cache behind, so its token ends here. The cache bounds its own time.
        await cache.RemoveAsync(Note.CacheKey(id, ownerId), tombstone.Value, CancellationToken.None);
        return true;
    }

    private static async Task<long?> BuryAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string ownerId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE notes
            SET title = '', body = '', version = version + 1,
                updated_at = GREATEST(updated_at, @now), deleted_at = GREATEST(updated_at, @now)
            WHERE id = @id AND owner_id = @owner_id AND deleted_at IS NULL
            RETURNING version
            """;

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("owner_id", ownerId);
        command.Parameters.AddWithValue("now", now);
        return (long?)await command.ExecuteScalarAsync(cancellationToken);
    }

    private static async Task<long?> FindTombstoneAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string ownerId, CancellationToken cancellationToken)
    {
        const string sql = "SELECT version FROM notes WHERE id = @id AND owner_id = @owner_id AND deleted_at IS NOT NULL";

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("owner_id", ownerId);
        return (long?)await command.ExecuteScalarAsync(cancellationToken);
    }
}

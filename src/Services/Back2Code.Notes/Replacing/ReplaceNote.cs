using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Replacing;

/// <summary>PUT /v1/notes/{id}</summary>
internal sealed class ReplaceNote(Database database, VersionedCache cache, TimeProvider time)
{
    public static async Task<Results<Ok<NoteView>, ValidationProblem, ProblemHttpResult>> Handle(
        Guid id, ReplaceNoteRequest request, HttpResponse response, CurrentUser user, AuditActor actor, ReplaceNote operation, CancellationToken cancellationToken)
    {
        switch (await operation.ExecuteAsync(id, request, user.Id, actor, cancellationToken))
        {
            case ReplaceOutcome.Replaced replaced:
                response.Headers.ETag = NoteETag.For(replaced.Note.Version);
                return TypedResults.Ok(NoteView.From(replaced.Note));
            case ReplaceOutcome.Conflict conflict:
                return NoteProblems.NoteVersionConflict(id, expected: request.Version, actual: conflict.CurrentVersion);
            default:
                return NoteProblems.NoteNotFound(id);
        }
    }

    public async Task<ReplaceOutcome> ExecuteAsync(
        Guid id, ReplaceNoteRequest request, string ownerId, AuditActor actor, CancellationToken cancellationToken)
    {
        DateTimeOffset now = time.GetStorableNow();

        ReplaceOutcome outcome = await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await UpdateAsync(connection, transaction, id, request, ownerId, now, attempt) is { } note)
                {
                    await Outbox.AppendAsync(
                        connection,
                        transaction,
                        [NoteEvents.From(NoteEvents.Replaced, id, ownerId, note.Version, note.UpdatedAt), NoteEvents.Audited(time, actor, NoteEvents.Replaced, id)],
                        attempt);
                    return new ReplaceOutcome.Replaced(note);
                }

                return Explain(await FindAsync(connection, transaction, id, ownerId, attempt), request);
            },
            replaySafe: true,
            cancellationToken);

        if (outcome is ReplaceOutcome.Replaced replaced)
        {
            // Committed: the client going away must not leave the cache behind, so its token ends here. The cache bounds its own time.
            await cache.SetAsync(Note.CacheKey(id, ownerId), replaced.Note, replaced.Note.Version, CancellationToken.None);
        }

        return outcome;
    }

    /// <summary>
    /// Why nothing was updated. A gateway or a client that lost the answer sends the same request again and finds its own work:
    /// the next version with the same content. That is success and not a conflict.
    /// </summary>
    internal static ReplaceOutcome Explain(Note? current, ReplaceNoteRequest request) => current switch
    {
        null => new ReplaceOutcome.NotFound(),
        _ when current.Version == request.Version + 1 && current.Title == request.Title && current.Body == request.Body =>
            new ReplaceOutcome.Replaced(current),
        _ => new ReplaceOutcome.Conflict(current.Version),
    };

    private static async Task<Note?> UpdateAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, ReplaceNoteRequest request, string ownerId, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        // Replicas' clocks differ a little; a note's own time never runs backwards.
        const string sql = $"""
            UPDATE notes
            SET title = @title, body = @body, version = version + 1, updated_at = GREATEST(updated_at, @now)
            WHERE id = @id AND owner_id = @owner_id AND version = @version AND deleted_at IS NULL
            RETURNING {Note.Columns}
            """;

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("owner_id", ownerId);
        command.Parameters.AddWithValue("title", request.Title);
        command.Parameters.AddWithValue("body", request.Body);
        command.Parameters.AddWithValue("version", request.Version);
        command.Parameters.AddWithValue("now", now);
        return await ReadOneAsync(command, cancellationToken);
    }

    private static async Task<Note?> FindAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string ownerId, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {Note.Columns} FROM notes WHERE id = @id AND owner_id = @owner_id AND deleted_at IS NULL";

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("owner_id", ownerId);
        return await ReadOneAsync(command, cancellationToken);
    }

    private static async Task<Note?> ReadOneAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? Note.From(row) : null;
    }
}

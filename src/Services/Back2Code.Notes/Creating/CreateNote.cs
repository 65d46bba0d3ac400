using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Creating;

/// <summary>POST /v1/notes</summary>
internal sealed class CreateNote(Database database, VersionedCache cache, TimeProvider time)
{
    // Raised by a trigger, which sees erasures that a look beforehand would miss.
    private const string OwnerErased = "B2C01";

    public static async Task<Results<Created<NoteView>, ValidationProblem, ProblemHttpResult>> Handle(
        CreateNoteRequest request, HttpContext http, CurrentUser user, AuditActor actor, CreateNote operation, CancellationToken cancellationToken)
    {
        if (!IdempotencyKey.TryRead(http.Request.Headers[IdempotencyKey.Header], out string? key))
        {
            return NoteProblems.IdempotencyKeyInvalid(IdempotencyKey.Longest);
        }

        try
        {
            if (await operation.ExecuteAsync(request, key, user.Id, actor, cancellationToken) is not { } note)
            {
                return NoteProblems.IdempotencyKeyReused();
            }

            http.Response.Headers.ETag = NoteETag.For(note.Version);
            return TypedResults.Created($"/v1/notes/{note.Id}", NoteView.From(note));
        }
        catch (PostgresException e) when (e.SqlState == OwnerErased)
        {
            // The token outlives its user by minutes.
            return NoteProblems.OwnerErased();
        }
    }

    /// <returns>The note as it was created, now or by an earlier request with this key; null when the key belongs to other content.</returns>
    public async Task<Note?> ExecuteAsync(CreateNoteRequest request, string? key, string ownerId, AuditActor actor, CancellationToken cancellationToken)
    {
        // The id is made before the first attempt: a second attempt then finds what the first one may have left.
        DateTimeOffset now = time.GetStorableNow();
        Note note = new(Guid.CreateVersion7(now), ownerId, request.Title, request.Body, Version: 1, now, now);

        Claim claim = await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                Claim claim = key is null
                    ? new Claim(note.Id, note.CreatedAt, SameContent: true)
                    : await ClaimKeyAsync(connection, transaction, key, note, request.ContentSha256(), attempt);

                if (claim.NoteId == note.Id && await InsertAsync(connection, transaction, note, attempt))
                {
                    await Outbox.AppendAsync(
                        connection,
                        transaction,
                        [NoteEvents.From(NoteEvents.Created, note.Id, ownerId, note.Version, now), NoteEvents.Audited(time, actor, NoteEvents.Created, note.Id)],
                        attempt);
                }

                return claim;
            },
            replaySafe: true,
            cancellationToken);

        if (!claim.SameContent)
        {
            return null;
        }

        if (claim.NoteId != note.Id)
        {
            // The first answer again, whatever became of the note since: its content is this request's, its version was 1.
            return note with { Id = claim.NoteId, CreatedAt = claim.CreatedAt, UpdatedAt = claim.CreatedAt };
        }

        // Committed: the client going away must not leave the cache behind, so its token ends here. The cache bounds its own time.
        await cache.SetAsync(Note.CacheKey(note.Id, ownerId), note, note.Version, CancellationToken.None);
        return note;
    }

    /// <summary>Takes the key for this note, or finds whose it is. A second request with the key waits here until the first has committed.</summary>
    private static async Task<Claim> ClaimKeyAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string key, Note note, byte[] contentSha256, CancellationToken cancellationToken)
    {
        // The empty update makes the existing row come back from RETURNING in the same round trip.
        const string sql = """
            INSERT INTO idempotency_keys AS k (owner_id, key, content_sha256, note_id, created_at)
            VALUES (@owner_id, @key, @content_sha256, @note_id, @created_at)
            ON CONFLICT (owner_id, key) DO UPDATE SET key = k.key
            RETURNING note_id, created_at, content_sha256 = @content_sha256
            """;

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("owner_id", note.OwnerId);
        command.Parameters.AddWithValue("key", key);
        command.Parameters.AddWithValue("content_sha256", contentSha256);
        command.Parameters.AddWithValue("note_id", note.Id);
        command.Parameters.AddWithValue("created_at", note.CreatedAt);

        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new Claim(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.GetBoolean(2));
    }

    /// <returns>False when an earlier attempt has stored the note, and its event with it.</returns>
    private static async Task<bool> InsertAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Note note, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO notes (id, owner_id, title, body, version, created_at, updated_at)
            VALUES (@id, @owner_id, @title, @body, @version, @created_at, @created_at)
            ON CONFLICT (id) DO NOTHING
            """;

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", note.Id);
        command.Parameters.AddWithValue("owner_id", note.OwnerId);
        command.Parameters.AddWithValue("title", note.Title);
        command.Parameters.AddWithValue("body", note.Body);
        command.Parameters.AddWithValue("version", note.Version);
        command.Parameters.AddWithValue("created_at", note.CreatedAt);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    private readonly record struct Claim(Guid NoteId, DateTimeOffset CreatedAt, bool SameContent);
}

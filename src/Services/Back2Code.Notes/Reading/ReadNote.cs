using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Reading;

/// <summary>GET /v1/notes/{id}: from the cache, else from PostgreSQL; while that is away, whatever the cache still has, and it says so.</summary>
internal sealed class ReadNote(Database database, VersionedCache cache)
{
    public static async Task<Results<Ok<NoteView>, StatusCodeHttpResult, ProblemHttpResult>> Handle(
        Guid id, HttpContext http, CurrentUser user, ReadNote operation, CancellationToken cancellationToken)
    {
        CacheResult<Note> result = await operation.ExecuteAsync(id, user.Id, cancellationToken);

        IHeaderDictionary headers = http.Response.Headers;
        headers[CacheStatus.Header] = CacheStatus.From(result);
        if (result.Value is not { } note)
        {
            return NoteProblems.NoteNotFound(id);
        }

        // A copy that the client keeps is its own, and asked about before it is used: If-None-Match makes that cheap.
        headers.CacheControl = "private, no-cache";
        headers.ETag = NoteETag.For(note.Version);
        return NoteETag.IsHeldBy(http.Request, note.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(NoteView.From(note));
    }

    public async Task<CacheResult<Note>> ExecuteAsync(Guid id, string ownerId, CancellationToken cancellationToken)
    {
        CacheResult<Note> result = await cache.GetOrLoadAsync(
            Note.CacheKey(id, ownerId), load => LoadAsync(id, ownerId, load), cancellationToken);

        // The key already names the owner. Should it ever fail to, a cached value still goes to nobody else.
        return result.Value?.OwnerId == ownerId ? result : result with { Value = null, Found = false };
    }

    private ValueTask<Versioned<Note>?> LoadAsync(Guid id, string ownerId, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {Note.Columns} FROM notes WHERE id = @id AND owner_id = @owner_id AND deleted_at IS NULL";

        return database.ReadAsync<Versioned<Note>?>(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection);
                command.Parameters.AddWithValue("id", id);
                command.Parameters.AddWithValue("owner_id", ownerId);

                await using NpgsqlDataReader row = await command.ExecuteReaderAsync(attempt);
                if (!await row.ReadAsync(attempt))
                {
                    return null;
                }

                Note note = Note.From(row);
                return new Versioned<Note>(note, note.Version);
            },
            cancellationToken);
    }
}

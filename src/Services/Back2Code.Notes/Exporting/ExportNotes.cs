using System.Runtime.CompilerServices;
using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Back2Code.Notes.Listing;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Exporting;

/// <summary>GET /v1/notes/export, one's own, and /v1/notes/export/{userId}, somebody else's: all that is held about them here.</summary>
internal sealed class ExportNotes(Database database, ListNotes list, TimeProvider time)
{
    private const int PageRows = 1_000;

    private const string SelectDeleted = """
        SELECT id, created_at, deleted_at FROM notes WHERE owner_id = @owner_id AND deleted_at IS NOT NULL AND id > @after ORDER BY id LIMIT @limit
        """;

    private const string SelectKeys = "SELECT key, note_id, created_at FROM idempotency_keys WHERE owner_id = @owner_id AND key > @after ORDER BY key LIMIT @limit";

    public static Task<Ok<NotesExport>> HandleOwn(HttpResponse response, CurrentUser user, AuditActor actor, ExportNotes operation, CancellationToken cancellationToken) =>
        operation.ExecuteAsync(response, user.Id, target: "", actor, cancellationToken);

    public static Task<Ok<NotesExport>> HandleUser(
        Guid userId, HttpResponse response, AuditActor actor, ExportNotes operation, CancellationToken cancellationToken) =>
        operation.ExecuteAsync(response, userId.ToString(), $"users/{userId}", actor, cancellationToken);

    private async Task<Ok<NotesExport>> ExecuteAsync(HttpResponse response, string ownerId, string target, AuditActor actor, CancellationToken cancellationToken)
    {
        // Recorded before anything is given out, which also finds out while there is still a status to answer whether PostgreSQL is there.
        var record = AuditEvents.From(NoteEvents.Source, AuditRecord.Create(time, actor, "notes.exported", target));
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await Outbox.AppendAsync(connection, transaction, record, attempt);
                return true;
            },
            replaySafe: false,
            cancellationToken);

        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new NotesExport(
            ownerId,
            NotesAsync(ownerId, CancellationToken.None),
            KeysetPages.ReadAsync(Guid.Empty, static note => note.Id, PageRows, (after, token) => PageAsync(SelectDeleted, ownerId, after, DeletedFrom, token), CancellationToken.None),
            KeysetPages.ReadAsync("", static key => key.Key, PageRows, (after, token) => PageAsync(SelectKeys, ownerId, after, KeyFrom, token), CancellationToken.None)));
    }

    /// <summary>By the pages of the list, which end early when bodies are long.</summary>
    private async IAsyncEnumerable<NoteView> NotesAsync(string ownerId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Guid before = Guid.AllBitsSet;
        NotePage page;
        do
        {
            page = await list.ExecuteAsync(ownerId, ListNotes.LargestLimit, before, cancellationToken);
            foreach (NoteView note in page.Items)
            {
                before = note.Id;
                yield return note;
            }
        }
        while (page.Next is not null);
    }

    private ValueTask<List<T>> PageAsync<T>(string sql, string ownerId, object after, Func<NpgsqlDataReader, T> from, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection);
                command.Parameters.AddWithValue("owner_id", ownerId);
                command.Parameters.AddWithValue("after", after);
                command.Parameters.AddWithValue("limit", PageRows);

                List<T> items = [];
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync(attempt);
                while (await row.ReadAsync(attempt))
                {
                    items.Add(from(row));
                }

                return items;
            },
            cancellationToken);

    private static DeletedNote DeletedFrom(NpgsqlDataReader row) => new(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.GetFieldValue<DateTimeOffset>(2));

    private static RememberedKey KeyFrom(NpgsqlDataReader row) => new(row.GetString(0), row.GetGuid(1), row.GetFieldValue<DateTimeOffset>(2));
}

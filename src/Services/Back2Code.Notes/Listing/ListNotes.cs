using System.ComponentModel.DataAnnotations;
using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notes.Listing;

/// <summary>GET /v1/notes: the user's notes, newest first, page by page.</summary>
internal sealed class ListNotes(Database database)
{
    public const int DefaultLimit = 50;
    public const int LargestLimit = 200;

    // 200 notes of the longest kind would be 13 MB and more. A page ends early instead, but never before its first note.
    internal const int PageBytes = 1024 * 1024;

    // UUID version 7 starts with the time and carries a fixed digit 7, so that this one lies after all of them.
    private static readonly Guid Newest = Guid.AllBitsSet;

    public static async Task<Results<Ok<NotePage>, ValidationProblem, ProblemHttpResult>> Handle(
        HttpResponse response,
        CurrentUser user,
        ListNotes operation,
        CancellationToken cancellationToken,
        [Range(1, LargestLimit)] int limit = DefaultLimit,
        string? cursor = null)
    {
        Guid before = Newest;
        if (cursor is not null && !PageCursor.TryDecode(cursor, out before))
        {
            return NoteProblems.CursorInvalid();
        }

        NotePage page = await operation.ExecuteAsync(user.Id, limit, before, cancellationToken);
        if (page.Next is not null)
        {
            response.Headers.Link = $"</v1/notes?limit={limit}&cursor={page.Next}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    internal ValueTask<NotePage> ExecuteAsync(string ownerId, int limit, Guid before, CancellationToken cancellationToken)
    {
        // One row more than asked tells whether there is a next page. octet_length reads a stored length, not the text.
        const string sql = $"""
            WITH candidates AS (
              SELECT {Note.Columns}
              FROM notes
              WHERE owner_id = @owner_id AND deleted_at IS NULL AND id < @before
              ORDER BY id DESC
              LIMIT @limit + 1
            ), measured AS (
              SELECT {Note.Columns},
                     count(*) OVER () AS found,
                     sum(octet_length(body)) OVER (ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
              FROM candidates
            )
            SELECT {Note.Columns}, found
            FROM measured
            WHERE COALESCE(bytes_before, 0) < @page_bytes
            ORDER BY id DESC
            LIMIT @limit
            """;

        return database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection);
                command.Parameters.AddWithValue("owner_id", ownerId);
                command.Parameters.AddWithValue("before", before);
                command.Parameters.AddWithValue("limit", limit);
                command.Parameters.AddWithValue("page_bytes", PageBytes);

                List<NoteView> items = [];
                long found = 0;
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync(attempt);
                while (await row.ReadAsync(attempt))
                {
                    items.Add(NoteView.From(Note.From(row)));
                    found = row.GetInt64(7);
                }

                return new NotePage(items, found > items.Count ? PageCursor.Encode(items[^1].Id) : null);
            },
            cancellationToken);
    }
}

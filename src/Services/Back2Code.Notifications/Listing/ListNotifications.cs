using System.ComponentModel.DataAnnotations;
using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notifications.Listing;

/// <summary>GET /v1/notifications: the user's inbox, newest first, page by page.</summary>
internal sealed class ListNotifications(Database database)
{
    public const int DefaultLimit = 50;
    public const int LargestLimit = 500;

    // UUID version 7 starts with the time and carries a fixed digit 7, so that this one lies after all of them.
    private static readonly Guid Newest = Guid.AllBitsSet;

    public static async Task<Results<Ok<NotificationPage>, ValidationProblem, ProblemHttpResult>> Handle(
        HttpResponse response,
        CurrentUser user,
        ListNotifications operation,
        CancellationToken cancellationToken,
        [Range(1, LargestLimit)] int limit = DefaultLimit,
        string? cursor = null)
    {
        Guid before = Newest;
        if (cursor is not null && !PageCursor.TryDecode(cursor, out before))
        {
            return NotificationProblems.CursorInvalid();
        }

        NotificationPage page = await operation.ExecuteAsync(user.Id, limit, before, cancellationToken);
        if (page.Next is not null)
        {
            response.Headers.Link = $"</v1/notifications?limit={limit}&cursor={page.Next}>; rel=\"next\"";
        }

        return TypedResults.Ok(page);
    }

    private ValueTask<NotificationPage> ExecuteAsync(string userId, int limit, Guid before, CancellationToken cancellationToken)
    {
        const string sql = $"""
            SELECT {NotificationView.Columns}
            FROM notifications
            WHERE user_id = @user_id AND id < @before
            ORDER BY id DESC
            LIMIT @limit + 1
            """;

        return database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection);
                command.Parameters.AddWithValue("user_id", userId);
                command.Parameters.AddWithValue("before", before);
                command.Parameters.AddWithValue("limit", limit);

                List<NotificationView> items = [];
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync(attempt);
                while (await row.ReadAsync(attempt))
                {
                    // The one row more than asked only tells that there is a next page.
                    if (items.Count == limit)
                    {
                        return new NotificationPage(items, PageCursor.Encode(items[^1].Id));
                    }

                    items.Add(NotificationView.From(row));
                }

                return new NotificationPage(items, Next: null);
            },
            cancellationToken);
    }
}

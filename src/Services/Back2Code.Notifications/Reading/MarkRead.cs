using Back2Code.Authentication;
using Back2Code.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notifications.Reading;

/// <summary>POST /v1/notifications/{id}/read: marks one notification as read. Again changes nothing: the first reading counts.</summary>
internal sealed class MarkRead(Database database, TimeProvider time)
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, CurrentUser user, MarkRead operation, CancellationToken cancellationToken) =>
        await operation.ExecuteAsync(id, user.Id, cancellationToken) ? TypedResults.NoContent() : NotificationProblems.NotificationNotFound(id);

    private ValueTask<bool> ExecuteAsync(Guid id, string userId, CancellationToken cancellationToken)
    {
        // Clocks of two hosts may differ; nothing is read before it has arrived.
        const string sql = """
            UPDATE notifications
            SET read_at = COALESCE(read_at, GREATEST(created_at, @now))
            WHERE id = @id AND user_id = @user_id
            """;

        DateTimeOffset now = time.GetUtcNow();
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection, transaction);
                command.Parameters.AddWithValue("id", id);
                command.Parameters.AddWithValue("user_id", userId);
                command.Parameters.AddWithValue("now", now);
                return await command.ExecuteNonQueryAsync(attempt) == 1;
            },
            replaySafe: true,
            cancellationToken);
    }
}

using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notifications.Reading;

/// <summary>POST /v1/notifications/{id}/read: marks one notification as read. Again changes nothing: the first reading counts.</summary>
internal sealed class MarkRead(Database database, TimeProvider time)
{
    public static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        Guid id, CurrentUser user, AuditActor actor, MarkRead operation, CancellationToken cancellationToken) =>
        await operation.ExecuteAsync(id, user.Id, actor, cancellationToken) ? TypedResults.NoContent() : NotificationProblems.NotificationNotFound(id);

    private ValueTask<bool> ExecuteAsync(Guid id, string userId, AuditActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                bool? isFirst = await MarkAsync(connection, transaction, id, userId, attempt);
                if (isFirst is true)
                {
                    await Outbox.AppendAsync(connection, transaction, NotificationAudit.Read(time, actor, id), attempt);
                }

                return isFirst is not null;
            },
            replaySafe: true,
            cancellationToken);

    /// <returns>Whether this was the first reading; null when the user has no such notification.</returns>
    private async Task<bool?> MarkAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string userId, CancellationToken cancellationToken)
    {
        // The lock makes a second reading at the same time wait, and find the first. Clocks of two hosts may differ; nothing is read before it has arrived.
        const string sql = """
            WITH found AS (
              SELECT id, read_at FROM notifications WHERE id = @id AND user_id = @user_id FOR UPDATE
            ), marked AS (
              UPDATE notifications
              SET read_at = GREATEST(created_at, @now)
              WHERE id = (SELECT id FROM found WHERE read_at IS NULL)
            )
            SELECT read_at IS NULL FROM found
            """;

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("user_id", userId);
        command.Parameters.AddWithValue("now", time.GetUtcNow());
        return (bool?)await command.ExecuteScalarAsync(cancellationToken);
    }
}

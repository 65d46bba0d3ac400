using Back2Code.Audit;
using Back2Code.Authentication;
using Back2Code.Data;
using Back2Code.Messaging;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace Back2Code.Notifications.Exporting;

/// <summary>All that is held about somebody here, as one document that is written while it is read.</summary>
/// <param name="UserId">Whose it is.</param>
/// <param name="Notifications">Oldest first.</param>
public sealed record NotificationsExport(string UserId, IAsyncEnumerable<NotificationView> Notifications);

/// <summary>GET /v1/notifications/export, one's own, and /v1/notifications/export/{userId}, somebody else's.</summary>
internal sealed class ExportNotifications(Database database, TimeProvider time)
{
    private const int PageRows = 1_000;

    public static Task<Ok<NotificationsExport>> HandleOwn(
        HttpResponse response, CurrentUser user, AuditActor actor, ExportNotifications operation, CancellationToken cancellationToken) =>
        operation.ExecuteAsync(response, user.Id, target: "", actor, cancellationToken);

    public static Task<Ok<NotificationsExport>> HandleUser(
        Guid userId, HttpResponse response, AuditActor actor, ExportNotifications operation, CancellationToken cancellationToken) =>
        operation.ExecuteAsync(response, userId.ToString(), $"users/{userId}", actor, cancellationToken);

    private async Task<Ok<NotificationsExport>> ExecuteAsync(HttpResponse response, string userId, string target, AuditActor actor, CancellationToken cancellationToken)
    {
        // Recorded before anything is given out, which also finds out while there is still a status to answer whether PostgreSQL is there.
        var record = AuditEvents.From(NotificationAudit.Source, AuditRecord.Create(time, actor, "notifications.exported", target));
        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await Outbox.AppendAsync(connection, transaction, record, attempt);
                return true;
            },
            replaySafe: false,
            cancellationToken);

        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new NotificationsExport(
            userId, KeysetPages.ReadAsync(Guid.Empty, static notification => notification.Id, PageRows, (after, token) => PageAsync(userId, after, token), CancellationToken.None)));
    }

    private ValueTask<List<NotificationView>> PageAsync(string userId, Guid after, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {NotificationView.Columns} FROM notifications WHERE user_id = @user_id AND id > @after ORDER BY id LIMIT @limit";

        return database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(sql, connection);
                command.Parameters.AddWithValue("user_id", userId);
                command.Parameters.AddWithValue("after", after);
                command.Parameters.AddWithValue("limit", PageRows);

                List<NotificationView> items = [];
                await using NpgsqlDataReader row = await command.ExecuteReaderAsync(attempt);
                while (await row.ReadAsync(attempt))
                {
                    items.Add(NotificationView.From(row));
                }

                return items;
            },
            cancellationToken);
    }
}

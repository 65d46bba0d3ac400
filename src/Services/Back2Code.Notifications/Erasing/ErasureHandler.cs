using Back2Code.Messaging;
using Back2Code.Notifications.Exporting;
using Npgsql;

namespace Back2Code.Notifications.Erasing;

/// <summary>Erases a user's inbox, in one transaction with the answer: nobody is told before it is so. A second request finds nothing and answers again.</summary>
internal sealed class ErasureHandler(TimeProvider time) : IEventHandler
{
    public const string Queue = "notifications.erasures";

    private const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('back2code.notifications.user.' || $1, 0))";
    private const string Remember = "INSERT INTO erased_users (user_id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    // No statement runs for long, however much somebody has been told.
    private const string Delete = "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE user_id = $1 LIMIT 10000)";

    public async Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var request = RequestedErasure.Read(cloudEvent);
        var now = time.GetUtcNow();
        await ExecuteAsync(connection, transaction, Lock, cancellationToken, request.OwnerId);
        await ExecuteAsync(connection, transaction, Remember, cancellationToken, request.OwnerId, now);
        long notifications = 0;
        while (await ExecuteAsync(connection, transaction, Delete, cancellationToken, request.OwnerId) is > 0 and var deleted)
        {
            notifications += deleted;
        }

        await Outbox.AppendAsync(
            connection, transaction, request.Answer(NotificationAudit.Source, "notifications", new Dictionary<string, long> { ["notifications"] = notifications }, now), cancellationToken);
    }

    private static async Task<long> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using NpgsqlCommand command = new(sql, connection, transaction);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

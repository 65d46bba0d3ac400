using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.Notifications.Receiving;

/// <summary>Tells the owner of a note what happened to it, in the transaction that records the event as received.</summary>
internal sealed class NoteEventHandler(TimeProvider time) : IEventHandler
{
    public async Task HandleAsync(
        CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (!NoteEvent.IsAnnounced(cloudEvent.Type))
        {
            return;
        }

        const string sql = """
            INSERT INTO notifications (id, user_id, type, note_id, version, created_at)
            VALUES (@id, @user_id, @type, @note_id, @version, @created_at)
            ON CONFLICT ON CONSTRAINT notifications_once DO NOTHING
            """;

        NoteEvent data = NoteEvent.Read(cloudEvent);
        DateTimeOffset now = time.GetUtcNow();

        await using NpgsqlCommand command = new(sql, connection, transaction);
        command.Parameters.AddWithValue("id", Guid.CreateVersion7(now));
        command.Parameters.AddWithValue("user_id", data.OwnerId);
        command.Parameters.AddWithValue("type", cloudEvent.Type);
        command.Parameters.AddWithValue("note_id", data.NoteId);
        command.Parameters.AddWithValue("version", data.Version);
        command.Parameters.AddWithValue("created_at", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

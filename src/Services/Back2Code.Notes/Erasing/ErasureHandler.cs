using Back2Code.Data;
using Back2Code.Messaging;
using Back2Code.Notes.Events;
using Npgsql;

namespace Back2Code.Notes.Erasing;

/// <summary>
/// Erases all that is held about a user: notes with their tombstones, the cache's copies, Idempotency-Keys. One transaction with the answer, so nobody is told
/// before it is so. A second request finds nothing and answers again.
/// </summary>
internal sealed class ErasureHandler(VersionedCache cache, TimeProvider time) : IEventHandler
{
    public const string Queue = "notes.erasures";

    // What is held in memory at once, however many notes somebody has.
    internal const int BatchRows = 1_000;

    private const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended('back2code.notes.owner.' || $1, 0))";
    private const string Remember = "INSERT INTO erased_owners (owner_id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    private const string DeleteKeys = "DELETE FROM idempotency_keys WHERE owner_id = $1";

    private const string DeleteNotes = """
        DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE owner_id = $1 LIMIT $2)
        RETURNING id, version
        """;

    public async Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var request = RequestedErasure.Read(cloudEvent);
        var now = time.GetStorableNow();
        await ExecuteAsync(connection, transaction, Lock, cancellationToken, request.OwnerId);
        await ExecuteAsync(connection, transaction, Remember, cancellationToken, request.OwnerId, now);
        long notes = await DeleteNotesAsync(connection, transaction, request.OwnerId, cancellationToken);
        long keys = await ExecuteAsync(connection, transaction, DeleteKeys, cancellationToken, request.OwnerId);
        await Outbox.AppendAsync(
            connection,
            transaction,
            request.Answer(NoteEvents.Source, "notes", new Dictionary<string, long> { ["notes"] = notes, ["idempotencyKeys"] = keys }, now),
            cancellationToken);
    }

    private async Task<long> DeleteNotesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string ownerId, CancellationToken cancellationToken)
    {
        long deleted = 0;
        List<(string Key, long Version)> batch = [];
        do
        {
            batch.Clear();
            await using (NpgsqlCommand command = Command(connection, transaction, DeleteNotes, ownerId, BatchRows))
            await using (NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken))
            {
                while (await row.ReadAsync(cancellationToken))
                {
                    // Above the note's last version: whoever has read it and not yet cached it is late.
                    batch.Add((Note.CacheKey(row.GetGuid(0), ownerId), row.GetInt64(1) + 1));
                }
            }

            await cache.EraseAsync(batch, cancellationToken);
            deleted += batch.Count;
        }
        while (batch.Count == BatchRows);

        return deleted;
    }

    private static async Task<long> ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using NpgsqlCommand command = Command(connection, transaction, sql, values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, params object[] values)
    {
        NpgsqlCommand command = new(sql, connection, transaction);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}

using Npgsql;

namespace Back2Code.Messaging;

/// <summary>What a consumer has handled already.</summary>
internal static class Inbox
{
    // A concurrent delivery of the same event waits here for the other's transaction to end.
    private const string Insert = """
        INSERT INTO inbox (consumer, source, event_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
        """;

    // In small bites, so that no lock is held for long.
    private const string DeleteOld = """
        DELETE FROM inbox WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM inbox WHERE consumer = $1 AND received_at < now() - $2 ORDER BY received_at LIMIT $3))
        """;

    /// <returns>False when the event was recorded before: it has had its effect.</returns>
    public static async Task<bool> TryRecordAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string consumer, CloudEvent cloudEvent, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Insert, connection, transaction)
        {
            Parameters = { new() { Value = consumer }, new() { Value = cloudEvent.Source }, new() { Value = cloudEvent.Id } },
        };
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 1;
    }

    /// <returns>How many were deleted; fewer than the limit means that no more are old.</returns>
    public static async Task<int> DeleteOldAsync(NpgsqlDataSource dataSource, string consumer, TimeSpan retention, int limit, CancellationToken cancellationToken)
    {
        var command = dataSource.CreateCommand(DeleteOld);
        await using var _ = command.ConfigureAwait(false);
        command.Parameters.Add(new() { Value = consumer });
        command.Parameters.Add(new() { Value = retention });
        command.Parameters.Add(new() { Value = limit });
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}

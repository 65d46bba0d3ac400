using System.Text.Json;
using Npgsql;

namespace Back2Code.Messaging;

/// <summary>One event that waits in the outbox.</summary>
internal readonly record struct OutboxRow(long Position, CloudEvent Event, int Attempts);

/// <summary>The relay's side of the outbox table.</summary>
internal static class OutboxStore
{
    // SKIP LOCKED: each replica's relay takes rows that no other has in hand.
    private const string Take = """
        SELECT position, source, event_id, type, subject, time, data::text, trace_parent, attempts
        FROM outbox
        WHERE next_attempt_at <= clock_timestamp()
        ORDER BY position
        LIMIT $1
        FOR UPDATE SKIP LOCKED
        """;

    private const string Delete = "DELETE FROM outbox WHERE position = ANY($1)";

    // Doubles from the first delay up to a minute. The exponent is bounded, or the interval would overflow.
    private const string Postpone = """
        UPDATE outbox
        SET attempts = attempts + 1,
            next_attempt_at = clock_timestamp() + LEAST($2 * power(2, LEAST(attempts, 16)), interval '1 minute')
        WHERE position = ANY($1)
        """;

    private const string Measure = """
        SELECT count(*), COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - min(created_at)), 0)::double precision FROM outbox
        """;

    public static async Task<List<OutboxRow>> TakeAsync(NpgsqlConnection connection, int limit, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Take, connection) { Parameters = { new() { Value = limit } } };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var rows = new List<OutboxRow>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using var data = JsonDocument.Parse(reader.GetString(6));
            var cloudEvent = new CloudEvent(
                reader.GetString(2), reader.GetString(1), reader.GetString(3), reader.GetString(4),
                await reader.GetFieldValueAsync<DateTimeOffset>(5, cancellationToken).ConfigureAwait(false), data.RootElement.Clone())
            {
                TraceParent = await reader.IsDBNullAsync(7, cancellationToken).ConfigureAwait(false) ? null : reader.GetString(7),
            };
            rows.Add(new OutboxRow(reader.GetInt64(0), cloudEvent, reader.GetInt32(8)));
        }

        return rows;
    }

    public static async Task DeleteAsync(NpgsqlConnection connection, long[] positions, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Delete, connection) { Parameters = { new() { Value = positions } } };
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task PostponeAsync(NpgsqlConnection connection, long[] positions, TimeSpan firstDelay, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Postpone, connection) { Parameters = { new() { Value = positions }, new() { Value = firstDelay } } };
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task<(long Pending, double OldestAgeSeconds)> MeasureAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var command = dataSource.CreateCommand(Measure);
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (reader.GetInt64(0), reader.GetDouble(1));
    }
}

using Back2Code.Data;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Identity.Audit;

/// <summary>What a list of records is restricted to; null is no restriction.</summary>
internal sealed record AuditFilter(string? Subject, string? Action, string? Target, string? Outcome, string? Source, DateTimeOffset? Since, DateTimeOffset? Until);

/// <summary>Where the chain ends, and the highest row, of one moment.</summary>
internal sealed record AuditHead(long Sequence, byte[] Hash, long LastRow);

/// <summary>Reads the trail, page by page: no statement runs for longer than a page takes.</summary>
internal sealed class AuditReader(Database database)
{
    public const int PageRows = 1_000;

    private const string SelectNewest = $"""
        SELECT {StoredRecord.Columns}
        FROM audit_records
        WHERE sequence < @before
          AND (@subject IS NULL OR subject = @subject)
          AND (@action IS NULL OR action = @action)
          AND (@target IS NULL OR target = @target)
          AND (@outcome IS NULL OR outcome = @outcome)
          AND (@source IS NULL OR source = @source)
          AND (@since IS NULL OR time >= @since)
          AND (@until IS NULL OR time < @until)
        ORDER BY sequence DESC
        LIMIT @limit
        """;

    private const string SelectOldest = $"SELECT {StoredRecord.Columns} FROM audit_records WHERE sequence > @after AND sequence <= @last ORDER BY sequence LIMIT @limit";

    private const string SelectCheckpoints = $"SELECT {Checkpoint.Columns} FROM audit_checkpoints WHERE number > @after AND number <= @last ORDER BY number LIMIT @limit";

    private const string SelectLastCheckpoint = "SELECT COALESCE(max(number), 0) FROM audit_checkpoints";

    // One statement, one moment: a row and the head that counts it are committed together.
    private const string SelectHead = "SELECT sequence, hash, (SELECT COALESCE(max(sequence), 0) FROM audit_records) FROM audit_head";

    public ValueTask<List<StoredRecord>> NewestAsync(AuditFilter filter, long before, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(SelectNewest, connection);
                command.Parameters.AddWithValue("before", before);
                command.Parameters.AddWithValue("limit", limit);
                Add(command, "subject", NpgsqlDbType.Text, filter.Subject);
                Add(command, "action", NpgsqlDbType.Text, filter.Action);
                Add(command, "target", NpgsqlDbType.Text, filter.Target);
                Add(command, "outcome", NpgsqlDbType.Text, filter.Outcome);
                Add(command, "source", NpgsqlDbType.Text, filter.Source);
                Add(command, "since", NpgsqlDbType.TimestampTz, filter.Since?.ToUniversalTime());
                Add(command, "until", NpgsqlDbType.TimestampTz, filter.Until?.ToUniversalTime());
                return await ReadAsync(command, StoredRecord.From, attempt);
            },
            cancellationToken);

    public ValueTask<List<StoredRecord>> OldestAsync(long after, long last, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(SelectOldest, connection);
                command.Parameters.AddWithValue("after", after);
                command.Parameters.AddWithValue("last", last);
                command.Parameters.AddWithValue("limit", PageRows);
                return await ReadAsync(command, StoredRecord.From, attempt);
            },
            cancellationToken);

    public ValueTask<List<Checkpoint>> CheckpointsAsync(long after, long last, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(SelectCheckpoints, connection);
                command.Parameters.AddWithValue("after", after);
                command.Parameters.AddWithValue("last", last);
                command.Parameters.AddWithValue("limit", PageRows);
                return await ReadAsync(command, Checkpoint.From, attempt);
            },
            cancellationToken);

    /// <returns>The number of the last one; 0 before the first.</returns>
    public ValueTask<long> LastCheckpointAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(SelectLastCheckpoint, connection);
                return (long)(await command.ExecuteScalarAsync(attempt))!;
            },
            cancellationToken);

    /// <returns>Null when somebody has removed it.</returns>
    public ValueTask<AuditHead?> HeadAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            async (connection, attempt) =>
            {
                await using NpgsqlCommand command = new(SelectHead, connection);
                return (await ReadAsync(command, static row => new AuditHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetInt64(2)), attempt)).SingleOrDefault();
            },
            cancellationToken);

    private static async Task<List<T>> ReadAsync<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> from, CancellationToken cancellationToken)
    {
        List<T> items = [];
        await using NpgsqlDataReader row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            items.Add(from(row));
        }

        return items;
    }

    private static void Add(NpgsqlCommand command, string name, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter(name, type) { Value = value ?? DBNull.Value });
}

using Npgsql;

namespace Back2Code.Identity.Audit;

/// <summary>A row of the audit trail.</summary>
internal sealed record StoredRecord(
    long Sequence,
    Guid EventId,
    string Source,
    DateTimeOffset Time,
    string? Subject,
    string? Client,
    string? Address,
    string Action,
    string Target,
    string Outcome,
    string? Reason,
    string? TraceId,
    int Count,
    byte[] PreviousHash,
    byte[] Hash)
{
    /// <summary>In the order that <see cref="From"/> reads.</summary>
    public const string Columns = "sequence, event_id, source, time, subject, client, address, action, target, outcome, reason, trace_id, count, previous_hash, hash";

    public static StoredRecord From(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetGuid(1),
        row.GetString(2),
        row.GetFieldValue<DateTimeOffset>(3),
        TextOrNull(row, 4),
        TextOrNull(row, 5),
        TextOrNull(row, 6),
        row.GetString(7),
        row.GetString(8),
        row.GetString(9),
        TextOrNull(row, 10),
        TextOrNull(row, 11),
        row.GetInt32(12),
        row.GetFieldValue<byte[]>(13),
        row.GetFieldValue<byte[]>(14));

    private static string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}

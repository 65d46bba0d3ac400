using System.Text.Json;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Spool;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Monitoring.Alerts;

/// <summary>The history of alerts in PostgreSQL.</summary>
internal sealed class AlertStore(NpgsqlDataSource dataSource)
{
    // An end is never taken back by a beginning that arrives late.
    private const string Save = """
        INSERT INTO alerts (fingerprint, starts_at, name, severity, service, slo, instance, ends_at, received_at, resolved_received_at, incident_id, labels, annotations)
        SELECT a.fingerprint, a."startsAt", a.name, lower(a.severity), a.labels ->> 'service', a.labels ->> 'slo', a.instance,
               a."endsAt", a."receivedAt", a."resolvedReceivedAt", i.incident, a.labels, a.annotations
        FROM ROWS FROM (
               jsonb_to_recordset(@alerts) AS (
                 fingerprint text, "startsAt" timestamptz, name text, severity text, instance text, "endsAt" timestamptz,
                 "receivedAt" timestamptz, "resolvedReceivedAt" timestamptz, labels jsonb, annotations jsonb),
               unnest(@incidents)
             ) AS a (fingerprint, "startsAt", name, severity, instance, "endsAt", "receivedAt", "resolvedReceivedAt", labels, annotations, incident),
             LATERAL (SELECT nullif(a.incident, '00000000-0000-0000-0000-000000000000') AS incident) i
        ON CONFLICT (fingerprint, starts_at) DO UPDATE
          SET ends_at = coalesce(EXCLUDED.ends_at, alerts.ends_at),
              resolved_received_at = coalesce(EXCLUDED.resolved_received_at, alerts.resolved_received_at),
              incident_id = coalesce(EXCLUDED.incident_id, alerts.incident_id)
        """;

    private const string Page = """
        SELECT incident_id, fingerprint, starts_at, name, severity, instance, ends_at, received_at, resolved_received_at, labels, annotations
        FROM alerts a
        WHERE (@firing IS NULL OR (ends_at IS NULL) = @firing)
          AND (@severity IS NULL OR severity = @severity)
          AND (@name IS NULL OR name = @name)
          AND (@service IS NULL OR service = @service)
          AND (@from IS NULL OR starts_at >= @from)
          AND (@to IS NULL OR starts_at < @to)
          AND (@after_at IS NULL OR (starts_at, fingerprint COLLATE "C") < (@after_at, @after_fingerprint))
          AND NOT EXISTS (
            SELECT 1 FROM unnest(@except_fingerprints, @except_starts) AS e (fingerprint, starts_at)
            WHERE e.fingerprint = a.fingerprint AND e.starts_at = a.starts_at)
        ORDER BY starts_at DESC, fingerprint COLLATE "C" DESC
        LIMIT @limit
        """;

    // What still fires stays, however old: it is not over.
    private const string Prune = """
        DELETE FROM alerts
        WHERE (fingerprint, starts_at) IN (
          SELECT fingerprint, starts_at FROM alerts
          WHERE ends_at IS NOT NULL AND (ends_at < @before OR starts_at <= @surplus)
          ORDER BY starts_at
          LIMIT @batch)
        """;

    private const string FirstSurplus = "SELECT starts_at FROM alerts ORDER BY starts_at DESC, fingerprint COLLATE \"C\" DESC OFFSET @keep LIMIT 1";

    // Small enough that no reader waits for it.
    private const int PruneBatch = 5_000;

    /// <summary>Removes alerts that ended before a time, and the oldest beyond a number.</summary>
    /// <returns>How many it removed.</returns>
    public async Task<int> PruneAsync(DateTimeOffset before, int keep, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand first = dataSource.CreateCommand(FirstSurplus);
        first.Parameters.AddWithValue("keep", keep);
        object? surplus = await first.ExecuteScalarAsync(cancellationToken);
        int removed = 0, batch;
        do
        {
            await using NpgsqlCommand prune = dataSource.CreateCommand(Prune);
            prune.Parameters.AddWithValue("before", NpgsqlDbType.TimestampTz, before);
            prune.Parameters.AddWithValue("surplus", NpgsqlDbType.TimestampTz, surplus ?? DBNull.Value);
            prune.Parameters.AddWithValue("batch", PruneBatch);
            batch = await prune.ExecuteNonQueryAsync(cancellationToken);
            removed += batch;
        }
        while (batch == PruneBatch);
        return removed;
    }

    public async Task SaveAsync(IReadOnlyList<RecordedAlert> alerts, CancellationToken cancellationToken)
    {
        IReadOnlyList<AlertEpisode> episodes = [.. alerts.Select(a => a.Episode)];
        await using NpgsqlCommand command = dataSource.CreateCommand(Save);
        command.Parameters.AddWithValue("alerts", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(episodes, MonitoringJson.Default.IReadOnlyListAlertEpisode));
        command.Parameters.AddWithValue("incidents", alerts.Select(a => a.Incident ?? Guid.Empty).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Newest first, after the cursor, without the episodes that the caller has in memory.</summary>
    public async Task<IReadOnlyList<RecordedAlert>> ListAsync(
        AlertFilter filter, AlertCursor? after, IReadOnlyCollection<AlertCursor> except, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(Page);
        command.Parameters.AddWithValue("firing", NpgsqlDbType.Boolean, (object?)filter.IsFiring ?? DBNull.Value);
        command.Parameters.AddWithValue("severity", NpgsqlDbType.Text, filter.Severity is { } severity ? IncidentChanges.Text(severity) : DBNull.Value);
        command.Parameters.AddWithValue("name", NpgsqlDbType.Text, (object?)filter.Name ?? DBNull.Value);
        command.Parameters.AddWithValue("service", NpgsqlDbType.Text, (object?)filter.Service ?? DBNull.Value);
        command.Parameters.AddWithValue("from", NpgsqlDbType.TimestampTz, (object?)filter.From ?? DBNull.Value);
        command.Parameters.AddWithValue("to", NpgsqlDbType.TimestampTz, (object?)filter.To ?? DBNull.Value);
        command.Parameters.AddWithValue("after_at", NpgsqlDbType.TimestampTz, (object?)after?.StartsAt ?? DBNull.Value);
        command.Parameters.AddWithValue("after_fingerprint", NpgsqlDbType.Text, (object?)after?.Fingerprint ?? DBNull.Value);
        command.Parameters.AddWithValue("except_fingerprints", except.Select(e => e.Fingerprint).ToArray());
        command.Parameters.AddWithValue("except_starts", except.Select(e => e.StartsAt).ToArray());
        command.Parameters.AddWithValue("limit", limit);
        var alerts = new List<RecordedAlert>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            alerts.Add(Read(reader));
        }

        return alerts;
    }

    private static RecordedAlert Read(NpgsqlDataReader reader) => new(
        reader.IsDBNull(0) ? null : reader.GetGuid(0),
        new AlertEpisode
        {
            Fingerprint = reader.GetString(1),
            StartsAt = reader.GetFieldValue<DateTimeOffset>(2),
            Name = reader.GetString(3),
            Severity = Enum.Parse<Severity>(reader.GetString(4), ignoreCase: true),
            Instance = reader.IsDBNull(5) ? null : reader.GetString(5),
            EndsAt = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
            ReceivedAt = reader.GetFieldValue<DateTimeOffset>(7),
            ResolvedReceivedAt = reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8),
            Labels = JsonSerializer.Deserialize(reader.GetString(9), MonitoringJson.Default.IReadOnlyDictionaryStringString)!,
            Annotations = JsonSerializer.Deserialize(reader.GetString(10), MonitoringJson.Default.IReadOnlyDictionaryStringString)!,
        });
}

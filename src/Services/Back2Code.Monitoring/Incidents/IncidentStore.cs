using System.Collections.Immutable;
using System.Text.Json;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Spool;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Incidents in PostgreSQL.</summary>
internal sealed class IncidentStore(NpgsqlDataSource dataSource)
{
    // An older copy never overwrites a newer one. Alerts are replaced as a whole, because an incident forgets ended ones when it holds too many.
    private const string Save = """
        WITH incident AS (
          INSERT INTO incidents (id, incident_group, title, severity, state, opened_at, resolved_at, revision)
          VALUES (@id, @group, @title, @severity, @state, @opened_at, @resolved_at, @revision)
          ON CONFLICT (id) DO UPDATE
            SET title = EXCLUDED.title, severity = EXCLUDED.severity, state = EXCLUDED.state,
                opened_at = EXCLUDED.opened_at, resolved_at = EXCLUDED.resolved_at, revision = EXCLUDED.revision
            WHERE incidents.revision < EXCLUDED.revision
          RETURNING id
        ), alerts AS (
          INSERT INTO incident_alerts (incident_id, fingerprint, starts_at, name, severity, instance, ends_at, received_at, resolved_received_at, labels, annotations)
          SELECT incident.id, a.fingerprint, a."startsAt", a.name, lower(a.severity), a.instance, a."endsAt", a."receivedAt", a."resolvedReceivedAt", a.labels, a.annotations
          FROM incident, jsonb_to_recordset(@alerts) AS a (
            fingerprint text, "startsAt" timestamptz, name text, severity text, instance text, "endsAt" timestamptz,
            "receivedAt" timestamptz, "resolvedReceivedAt" timestamptz, labels jsonb, annotations jsonb)
          ON CONFLICT (incident_id, fingerprint, starts_at) DO UPDATE
            SET ends_at = EXCLUDED.ends_at, resolved_received_at = EXCLUDED.resolved_received_at
        )
        INSERT INTO incident_timeline (incident_id, position, at, recorded_at, kind, text)
        SELECT incident.id, (t.position - 1)::int, (t.entry ->> 'at')::timestamptz, (t.entry ->> 'recordedAt')::timestamptz, t.entry ->> 'kind', t.entry ->> 'text'
        FROM incident, jsonb_array_elements(@timeline) WITH ORDINALITY AS t (entry, position)
        ON CONFLICT (incident_id, position) DO NOTHING
        """;

    private const string Columns = """
        i.id, i.incident_group, i.title, i.severity, i.state, i.opened_at, i.resolved_at, i.revision,
        coalesce((SELECT jsonb_agg(jsonb_build_object(
            'name', a.name, 'fingerprint', a.fingerprint, 'severity', initcap(a.severity), 'instance', a.instance,
            'startsAt', a.starts_at, 'endsAt', a.ends_at, 'receivedAt', a.received_at, 'resolvedReceivedAt', a.resolved_received_at,
            'labels', a.labels, 'annotations', a.annotations) ORDER BY a.received_at, a.starts_at, a.fingerprint)
          FROM incident_alerts a WHERE a.incident_id = i.id), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object('at', t.at, 'recordedAt', t.recorded_at, 'kind', t.kind, 'text', t.text) ORDER BY t.position)
          FROM incident_timeline t WHERE t.incident_id = i.id), '[]')
        """;

    private const string Page = $"""
        SELECT {Columns}
        FROM incidents i
        WHERE (@state IS NULL OR i.state = @state)
          AND (@opened_at IS NULL OR (i.opened_at, i.id) < (@opened_at, @id))
          AND i.id <> ALL (@except)
        ORDER BY i.opened_at DESC, i.id DESC
        LIMIT @limit
        """;

    private const string One = $"SELECT {Columns} FROM incidents i WHERE i.id = @id";

    public async Task SaveAsync(Incident incident, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(Save);
        command.Parameters.AddWithValue("id", incident.Id);
        command.Parameters.AddWithValue("group", incident.Group);
        command.Parameters.AddWithValue("title", incident.Title);
        command.Parameters.AddWithValue("severity", IncidentChanges.Text(incident.Severity));
        command.Parameters.AddWithValue("state", Text(incident.State));
        command.Parameters.AddWithValue("opened_at", incident.OpenedAt);
        command.Parameters.AddWithValue("resolved_at", NpgsqlDbType.TimestampTz, (object?)incident.ResolvedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("revision", incident.Revision);
        command.Parameters.AddWithValue("alerts", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(incident.Alerts, MonitoringJson.Default.IReadOnlyListAlertEpisode));
        command.Parameters.AddWithValue("timeline", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(incident.Timeline, MonitoringJson.Default.IReadOnlyListTimelineEntry));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Newest first, after the cursor, without the incidents that the caller has in memory.</summary>
    public async Task<IReadOnlyList<Incident>> ListAsync(
        IncidentState? state, IncidentCursor? after, IReadOnlyCollection<Guid> except, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(Page);
        command.Parameters.AddWithValue("state", NpgsqlDbType.Text, state is { } s ? Text(s) : DBNull.Value);
        command.Parameters.AddWithValue("opened_at", NpgsqlDbType.TimestampTz, (object?)after?.OpenedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("id", NpgsqlDbType.Uuid, (object?)after?.Id ?? DBNull.Value);
        command.Parameters.AddWithValue("except", except.ToArray());
        command.Parameters.AddWithValue("limit", limit);
        var incidents = new List<Incident>();
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            incidents.Add(Read(reader));
        }

        return incidents;
    }

    public async Task<Incident?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(One);
        command.Parameters.AddWithValue("id", id);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    public static string Text(IncidentState state) => state == IncidentState.Open ? "open" : "resolved";

    private static Incident Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Group = reader.GetString(1),
        Title = reader.GetString(2),
        Severity = Enum.Parse<Severity>(reader.GetString(3), ignoreCase: true),
        State = reader.GetString(4) == "open" ? IncidentState.Open : IncidentState.Resolved,
        OpenedAt = reader.GetFieldValue<DateTimeOffset>(5),
        ResolvedAt = reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6),
        Revision = reader.GetInt64(7),
        Alerts = [.. JsonSerializer.Deserialize(reader.GetString(8), MonitoringJson.Default.IReadOnlyListAlertEpisode)!],
        Timeline = [.. JsonSerializer.Deserialize(reader.GetString(9), MonitoringJson.Default.IReadOnlyListTimelineEntry)!],
    };
}

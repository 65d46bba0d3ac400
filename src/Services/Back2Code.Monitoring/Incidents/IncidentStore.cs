using System.Collections.Immutable;
using System.Text.Json;
using Back2Code.Audit;
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
          INSERT INTO incidents (id, incident_group, title, severity, state, opened_at, opened_by, started_at, acknowledged_at, mitigated_at,
                                 resolved_at, resolved_by, reviewed_at, commander, details, revision)
          VALUES (@id, @group, @title, @severity, @state, @opened_at, @opened_by, @started_at, @acknowledged_at, @mitigated_at,
                  @resolved_at, @resolved_by, @reviewed_at, @commander, @details, @revision)
          ON CONFLICT (id) DO UPDATE
            SET title = EXCLUDED.title, severity = EXCLUDED.severity, state = EXCLUDED.state, opened_at = EXCLUDED.opened_at,
                started_at = EXCLUDED.started_at, acknowledged_at = EXCLUDED.acknowledged_at, mitigated_at = EXCLUDED.mitigated_at,
                resolved_at = EXCLUDED.resolved_at, resolved_by = EXCLUDED.resolved_by, reviewed_at = EXCLUDED.reviewed_at,
                commander = EXCLUDED.commander, details = EXCLUDED.details, revision = EXCLUDED.revision
            WHERE incidents.revision < EXCLUDED.revision
          RETURNING id
        ), alerts AS (
          INSERT INTO incident_alerts (incident_id, fingerprint, starts_at, name, severity, instance, ends_at, received_at, resolved_received_at, claimed_start, labels, annotations)
          SELECT incident.id, a.fingerprint, a."startsAt", a.name, lower(a.severity), a.instance, a."endsAt", a."receivedAt", a."resolvedReceivedAt",
                 a."claimedStart", a.labels, a.annotations
          FROM incident, jsonb_to_recordset(@alerts) AS a (
            fingerprint text, "startsAt" timestamptz, name text, severity text, instance text, "endsAt" timestamptz,
            "receivedAt" timestamptz, "resolvedReceivedAt" timestamptz, "claimedStart" timestamptz, labels jsonb, annotations jsonb)
          ON CONFLICT (incident_id, fingerprint, starts_at) DO UPDATE
            SET ends_at = EXCLUDED.ends_at, resolved_received_at = EXCLUDED.resolved_received_at
        ), actions AS (
          INSERT INTO incident_actions (incident_id, number, title, type, owner, reference, is_done)
          SELECT incident.id, a.number, a.title, a.type, a.owner, a.reference, a."isDone"
          FROM incident, jsonb_to_recordset(@actions) AS a (number integer, title text, type text, owner text, reference text, "isDone" boolean)
          ON CONFLICT (incident_id, number) DO UPDATE
            SET title = EXCLUDED.title, type = EXCLUDED.type, owner = EXCLUDED.owner, reference = EXCLUDED.reference, is_done = EXCLUDED.is_done
        )
        INSERT INTO incident_timeline (incident_id, position, at, recorded_at, kind, text, actor)
        SELECT incident.id, (t.position - 1)::int, (t.entry ->> 'at')::timestamptz, (t.entry ->> 'recordedAt')::timestamptz, t.entry ->> 'kind', t.entry ->> 'text',
               t.entry ->> 'by'
        FROM incident, jsonb_array_elements(@timeline) WITH ORDINALITY AS t (entry, position)
        ON CONFLICT (incident_id, position) DO NOTHING
        """;

    private const string Columns = """
        i.id, i.incident_group, i.title, i.severity, i.state, i.opened_at, i.resolved_at, i.revision,
        i.opened_by, i.started_at, i.acknowledged_at, i.mitigated_at, i.resolved_by, i.reviewed_at, i.commander, i.details,
        coalesce((SELECT jsonb_agg(jsonb_build_object(
            'name', a.name, 'fingerprint', a.fingerprint, 'severity', initcap(a.severity), 'instance', a.instance,
            'startsAt', a.starts_at, 'endsAt', a.ends_at, 'receivedAt', a.received_at, 'resolvedReceivedAt', a.resolved_received_at,
            'claimedStart', a.claimed_start,
            'labels', a.labels, 'annotations', a.annotations) ORDER BY a.received_at, a.starts_at, a.fingerprint)
          FROM incident_alerts a WHERE a.incident_id = i.id), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object('at', t.at, 'recordedAt', t.recorded_at, 'kind', t.kind, 'text', t.text, 'by', t.actor) ORDER BY t.position)
          FROM incident_timeline t WHERE t.incident_id = i.id), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object(
            'number', c.number, 'title', c.title, 'type', c.type, 'owner', c.owner, 'reference', c.reference, 'isDone', c.is_done) ORDER BY c.number)
          FROM incident_actions c WHERE c.incident_id = i.id), '[]')
        """;

    private const string Page = $"""
        SELECT {Columns}
        FROM incidents i
        WHERE i.state = ANY (@states)
          AND (@opened_at IS NULL OR (i.opened_at, i.id) < (@opened_at, @id))
          AND i.id <> ALL (@except)
        ORDER BY i.opened_at DESC, i.id DESC
        LIMIT @limit
        """;

    private const string One = $"SELECT {Columns} FROM incidents i WHERE i.id = @id";

    /// <summary>Saves it, and in the same transaction tells the audit trail what people did to it.</summary>
    /// <param name="incident">At least as new as the acts.</param>
    /// <param name="acts">What people did to it, in that order.</param>
    /// <param name="now">Of the desk's clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task SaveAsync(Incident incident, IEnumerable<AuditRecord> acts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await SaveAsync(connection, transaction, incident, cancellationToken);
        await ActStore.AppendAsync(connection, transaction, acts, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Newest first, after the cursor, without the incidents that the caller has in memory.</summary>
    public async Task<IReadOnlyList<Incident>> ListAsync(
        IReadOnlyCollection<IncidentState> states, IncidentCursor? after, IReadOnlyCollection<Guid> except, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(Page);
        command.Parameters.AddWithValue("states", states.Select(IncidentChanges.Text).ToArray());
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

    private static async Task SaveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Incident incident, CancellationToken cancellationToken)
    {
        // A spool of an earlier version may hold two with one start, of which PostgreSQL would take neither, and with them nothing of the incident.
        IReadOnlyList<AlertEpisode> alerts = [.. incident.Alerts.GroupBy(a => (a.Fingerprint, a.StartsAt)).Select(g => g.Last())];
        await using NpgsqlCommand command = new(Save, connection, transaction);
        command.Parameters.AddWithValue("id", incident.Id);
        command.Parameters.AddWithValue("group", incident.Group);
        command.Parameters.AddWithValue("title", incident.Title);
        command.Parameters.AddWithValue("severity", IncidentChanges.Text(incident.Severity));
        command.Parameters.AddWithValue("state", IncidentChanges.Text(incident.State));
        command.Parameters.AddWithValue("opened_at", incident.OpenedAt);
        command.Parameters.AddWithValue("opened_by", NpgsqlDbType.Text, (object?)incident.OpenedBy ?? DBNull.Value);
        command.Parameters.AddWithValue("started_at", NpgsqlDbType.TimestampTz, (object?)incident.StartedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("acknowledged_at", NpgsqlDbType.TimestampTz, (object?)incident.AcknowledgedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("mitigated_at", NpgsqlDbType.TimestampTz, (object?)incident.MitigatedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("resolved_at", NpgsqlDbType.TimestampTz, (object?)incident.ResolvedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("resolved_by", NpgsqlDbType.Text, (object?)incident.ResolvedBy ?? DBNull.Value);
        command.Parameters.AddWithValue("reviewed_at", NpgsqlDbType.TimestampTz, (object?)incident.ReviewedAt ?? DBNull.Value);
        command.Parameters.AddWithValue("commander", NpgsqlDbType.Text, (object?)incident.Commander ?? DBNull.Value);
        command.Parameters.AddWithValue("details", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(IncidentDetails.Of(incident), MonitoringJson.Default.IncidentDetails));
        command.Parameters.AddWithValue("actions", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(incident.Actions, MonitoringJson.Default.IReadOnlyListActionItem));
        command.Parameters.AddWithValue("revision", incident.Revision);
        command.Parameters.AddWithValue("alerts", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(alerts, MonitoringJson.Default.IReadOnlyListAlertEpisode));
        command.Parameters.AddWithValue("timeline", NpgsqlDbType.Jsonb, JsonSerializer.SerializeToUtf8Bytes(incident.Timeline, MonitoringJson.Default.IReadOnlyListTimelineEntry));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Incident Read(NpgsqlDataReader reader)
    {
        IncidentDetails details = JsonSerializer.Deserialize(reader.GetString(15), MonitoringJson.Default.IncidentDetails)!;
        return new Incident
        {
            Id = reader.GetGuid(0),
            Group = reader.GetString(1),
            Title = reader.GetString(2),
            Severity = Enum.Parse<Severity>(reader.GetString(3), ignoreCase: true),
            State = Enum.Parse<IncidentState>(reader.GetString(4), ignoreCase: true),
            OpenedAt = reader.GetFieldValue<DateTimeOffset>(5),
            ResolvedAt = TimeOf(reader, 6),
            Revision = reader.GetInt64(7),
            OpenedBy = TextOf(reader, 8),
            StartedAt = TimeOf(reader, 9),
            AcknowledgedAt = TimeOf(reader, 10),
            MitigatedAt = TimeOf(reader, 11),
            ResolvedBy = TextOf(reader, 12),
            ReviewedAt = TimeOf(reader, 13),
            Commander = TextOf(reader, 14),
            NamedServices = details.NamedServices,
            Detection = details.Detection,
            Budgets = details.Budgets,
            Alerts = [.. JsonSerializer.Deserialize(reader.GetString(16), MonitoringJson.Default.IReadOnlyListAlertEpisode)!],
            Timeline = [.. JsonSerializer.Deserialize(reader.GetString(17), MonitoringJson.Default.IReadOnlyListTimelineEntry)!],
            Actions = [.. JsonSerializer.Deserialize(reader.GetString(18), MonitoringJson.Default.IReadOnlyListActionItem)!],
        };
    }

    private static DateTimeOffset? TimeOf(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static string? TextOf(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}

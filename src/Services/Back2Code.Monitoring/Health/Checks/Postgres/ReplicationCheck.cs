using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>
/// Whether the standbys that there should be are there and keep up, and whether a slot that nobody reads keeps the write-ahead log from being removed until
/// the disk is full. Asked of a standby, it tells how far that one is behind.
/// </summary>
internal sealed class ReplicationCheck(PostgresStatistics postgres, IOptions<HealthOptions> options) : IPlatformCheck
{
    // Standbys that nobody has named are all "walreceiver": the longest connected has the plain name.
    // A standby with nothing to replay is not behind, however long ago the last transaction was.
    private const string Sql = """
        SELECT 'recovery', '', NULL::float8,
               CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END
        WHERE pg_is_in_recovery()
        UNION ALL
        SELECT 'standby', coalesce(nullif(application_name, ''), 'standby ' || pid)
               || CASE WHEN row_number() OVER same > 1 THEN ' (' || row_number() OVER same || ')' ELSE '' END,
               CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(replay_lsn, flush_lsn, sent_lsn))::float8 END,
               coalesce(extract(epoch FROM replay_lag), 0)::float8
        FROM pg_stat_replication
        WHERE state = 'streaming'
        WINDOW same AS (PARTITION BY application_name ORDER BY backend_start, pid)
        UNION ALL
        SELECT CASE WHEN active THEN 'slot' ELSE 'idle slot' END, slot_name,
               CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 END, NULL
        FROM pg_replication_slots
        WHERE restart_lsn IS NOT NULL
        """;

    public string Name => "postgres-replication";

    public string Title => "PostgreSQL replication";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var rows = await postgres.QueryAsync(
            Sql,
            r => (Kind: r.GetString(0), Name: r.GetString(1), Bytes: r.IsDBNull(2) ? (double?)null : r.GetDouble(2), Seconds: r.IsDBNull(3) ? (double?)null : r.GetDouble(3)),
            cancellationToken);
        List<Finding> findings = [.. rows.Select(r => Judge(r.Kind, r.Name, r.Bytes, r.Seconds))];
        int standbys = rows.Count(r => r.Kind == "standby"), expected = options.Value.ExpectedStandbys;
        if (standbys < expected)
        {
            findings.Add(new Finding("", HealthState.Critical, $"{standbys} of {expected} standbys are connected", [new Reading("standbys", standbys, "{standby}")]));
        }

        return findings.Count > 0 ? findings : Finding.NotApplicable("no standby is expected, and no slot keeps anything");
    }

    private Finding Judge(string kind, string name, double? bytes, double? seconds)
    {
        var readings = new List<Reading>(2);
        if (bytes is { } retained)
        {
            readings.Add(new Reading("behindBytes", retained, "By", options.Value.RetainedWalBytesWarning, options.Value.RetainedWalBytesCritical));
        }

        if (seconds is { } lag)
        {
            readings.Add(new Reading("behindSeconds", lag, "s", options.Value.ReplicationLagSecondsWarning, options.Value.ReplicationLagSecondsCritical));
        }

        string behind = (bytes, seconds) switch
        {
            ({ } b, { } s) => $"{Amount.Bytes(b)} and {Amount.Seconds(s)} behind",
            ({ } b, null) => $"keeps {Amount.Bytes(b)} of the write-ahead log",
            (null, { } s) => $"{Amount.Seconds(s)} behind",
            _ => "how far it is behind is not known",
        };
        return kind switch
        {
            "recovery" => new Finding("this server", readings.Count > 0 ? HealthStates.Worst(readings.Select(r => r.State)) : HealthState.Unknown, $"a standby, {behind}", readings),
            "idle slot" => Finding.Of($"slot {name}", $"nobody reads it; {behind}", readings),
            "slot" => Finding.Of($"slot {name}", behind, readings),
            _ => Finding.Of(name, behind, readings),
        };
    }
}

using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>
/// Whether autovacuum keeps up: dead rows that nobody has removed, in the worst table of this database, and transaction ids that nobody has freed, in
/// the worst database. Counted by PostgreSQL's own estimates; the exact bloat of a table costs reading it.
/// </summary>
internal sealed class BloatCheck(PostgresStatistics postgres, IOptions<HealthOptions> options) : IPlatformCheck
{
    private const string Sql = """
        SELECT coalesce(t.dead, 0)::float8, coalesce(t.ratio, 0)::float8, coalesce(t.name, ''), d.used::float8
        FROM (SELECT max(age(datfrozenxid)) / 2147483648.0 AS used FROM pg_database) d
        LEFT JOIN (
          SELECT schemaname || '.' || relname AS name, n_dead_tup AS dead, n_dead_tup::float8 / (n_live_tup + n_dead_tup) AS ratio
          FROM pg_stat_all_tables
          WHERE n_dead_tup >= $1 AND n_dead_tup > 0
          ORDER BY ratio DESC, n_dead_tup DESC
          LIMIT 1) t ON true
        """;

    public string Name => "postgres-bloat";

    public string Title => "PostgreSQL bloat";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        long minimum = options.Value.DeadRowsMinimum;
        var (dead, ratio, table, ids) = (await postgres.QueryAsync(
            Sql, r => (r.GetDouble(0), r.GetDouble(1), r.GetString(2), r.GetDouble(3)), cancellationToken, new NpgsqlParameter { Value = minimum }))[0];
        return
        [
            Finding.Of(
                "dead rows",
                table.Length == 0 ? $"no table has {Amount.Count(minimum, "dead row")}" : $"{table}: {Amount.Count(dead, "dead row")}, {Amount.Percent(ratio)}",
                new Reading("deadRatio", ratio, "1", options.Value.DeadRowsWarning, options.Value.DeadRowsCritical),
                new Reading("deadRows", dead, "{row}")),
            Finding.Of(
                "transaction ids",
                $"{Amount.Percent(ids)} used; with all used, PostgreSQL takes no writes",
                new Reading("usedRatio", ids, "1", options.Value.TransactionIdsWarning, options.Value.TransactionIdsCritical)),
        ];
    }
}

using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>Whether there are connections left for the next pool that wants one.</summary>
internal sealed class ConnectionsCheck(PostgresStatistics postgres, IOptions<HealthOptions> options) : IPlatformCheck
{
    // Those kept for superusers do not count: no service gets them.
    private const string Sql = """
        SELECT count(*) FILTER (WHERE backend_type = 'client backend')::float8,
               (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)::float8
        FROM pg_stat_activity
        """;

    public string Name => "postgres-connections";

    public string Title => "PostgreSQL connections";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var (used, limit) = (await postgres.QueryAsync(Sql, r => (r.GetDouble(0), r.GetDouble(1)), cancellationToken))[0];
        return [Finding.Of(
            "",
            $"{used} of {limit} connections in use",
            new Reading("usedRatio", used / limit, "1", options.Value.ConnectionsUsedWarning, options.Value.ConnectionsUsedCritical),
            new Reading("used", used, "{connection}"))];
    }
}

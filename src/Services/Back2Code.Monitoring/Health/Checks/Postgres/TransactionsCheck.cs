using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>How long the oldest transaction has been open. While it is, no dead row that it might still see is removed, and its locks are held.</summary>
internal sealed class TransactionsCheck(PostgresStatistics postgres, IOptions<HealthOptions> options) : IPlatformCheck
{
    // The application's name, as a service gives it, and never the role's: the page is for everybody.
    private const string Sql = """
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float8,
               count(*) FILTER (WHERE state LIKE 'idle in transaction%')::float8,
               coalesce((array_agg(coalesce(nullif(application_name, ''), 'somebody') ORDER BY xact_start))[1], '')
        FROM pg_stat_activity
        WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        """;

    public string Name => "postgres-transactions";

    public string Title => "PostgreSQL transactions";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var (oldest, idle, whose) = (await postgres.QueryAsync(Sql, r => (r.GetDouble(0), r.GetDouble(1), r.GetString(2)), cancellationToken))[0];
        return [Finding.Of(
            "",
            whose.Length == 0 ? "none is open" : $"the oldest, of {whose}, is {Amount.Seconds(oldest)} old",
            new Reading("oldestSeconds", oldest, "s", options.Value.TransactionSecondsWarning, options.Value.TransactionSecondsCritical),
            new Reading("idleInTransaction", idle, "{connection}"))];
    }
}

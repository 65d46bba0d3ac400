using Microsoft.Extensions.Options;

namespace Back2Code.Monitoring.Health.Checks.Postgres;

/// <summary>Whether somebody waits for a lock, and how long.</summary>
internal sealed class LocksCheck(PostgresStatistics postgres, IOptions<HealthOptions> options) : IPlatformCheck
{
    // waitstart is null for a moment after the wait has begun.
    private const string Sql = """
        SELECT count(*)::float8, coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8
        FROM pg_locks
        WHERE NOT granted
        """;

    public string Name => "postgres-locks";

    public string Title => "PostgreSQL locks";

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        var (waiting, longest) = (await postgres.QueryAsync(Sql, r => (r.GetDouble(0), r.GetDouble(1)), cancellationToken))[0];
        return [Finding.Of(
            "",
            waiting == 0 ? "nobody waits" : $"{Amount.Count(waiting, "wait")}, the longest for {Amount.Seconds(longest)}",
            new Reading("longestWaitSeconds", longest, "s", options.Value.LockWaitSecondsWarning, options.Value.LockWaitSecondsCritical),
            new Reading("waiting", waiting, "{lock}"))];
    }
}

using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Notifications;

/// <summary>
/// Requests' only way to PostgreSQL: through the dependency's bulkhead, circuit breaker and time budget.
/// Reads and the one write here may be done twice without a second effect, so a lost connection is worth another attempt.
/// </summary>
internal sealed class Database(NpgsqlDataSource source, DependencyPipelines pipelines)
{
    private readonly DependencyPipeline _postgres = pipelines.Get("postgres");

    public ValueTask<T> ExecuteAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken) =>
        _postgres.ExecuteAsync(
            async attempt =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(attempt);
                return await work(connection, attempt);
            },
            cancellationToken,
            idempotent: true);
}

using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Notes;

/// <summary>
/// The only way to PostgreSQL: through the dependency's bulkhead, circuit breaker and time budget.
/// Everything done here may be done twice, since each write recognises itself when it comes again; so a lost connection is
/// worth another attempt, and an answer lost on the way of a commit is not a lost write.
/// </summary>
internal sealed class Database(NpgsqlDataSource source, DependencyPipelines pipelines)
{
    private readonly DependencyPipeline _postgres = pipelines.Get("postgres");

    public ValueTask<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken) =>
        _postgres.ExecuteAsync(
            async attempt =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(attempt);
                return await read(connection, attempt);
            },
            cancellationToken,
            idempotent: true);

    /// <summary>Runs <paramref name="write"/> in a transaction and commits it. It must answer a repetition of itself without a second effect.</summary>
    public ValueTask<T> WriteAsync<T>(
        Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken) =>
        _postgres.ExecuteAsync(
            async attempt =>
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(attempt);
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(attempt);
                T outcome = await write(connection, transaction, attempt);
                await transaction.CommitAsync(attempt);
                return outcome;
            },
            cancellationToken,
            idempotent: true);
}

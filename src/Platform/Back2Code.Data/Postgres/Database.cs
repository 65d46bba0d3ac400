using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Data;

/// <summary>
/// A request's way to PostgreSQL: through the bulkhead, the circuit breaker and the time budget of the pipeline <c>postgres</c>.
/// Registered by <c>AddPostgres</c>. Thread-safe.
/// </summary>
public sealed class Database
{
    private readonly NpgsqlDataSource _requests;
    private readonly DependencyPipeline _postgres;

    internal Database(NpgsqlDataSource requests, DependencyPipeline postgres) => (_requests, _postgres) = (requests, postgres);

    /// <summary>Reads over a connection of the pool. A lost connection is worth another attempt, so the read may run more than once.</summary>
    /// <param name="read">Its token ends with the attempt's time.</param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    /// <exception cref="DependencyUnavailableException">PostgreSQL failed, did not answer in time, its circuit is open, or the call was shed.</exception>
    public ValueTask<T> ReadAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        return _postgres.ExecuteAsync(attempt => ReadOnceAsync(read, attempt), cancellationToken, idempotent: true);
    }

    /// <summary>Runs a write in a transaction and commits it.</summary>
    /// <param name="write">Its token ends with the attempt's time.</param>
    /// <param name="replaySafe">
    /// Whether the write recognises itself when it runs again after a commit whose answer was lost. Only then is it tried again,
    /// and it must bear that a given-up attempt may still be under way at that moment.
    /// </param>
    /// <param name="cancellationToken">The caller's cancellation.</param>
    /// <exception cref="DependencyUnavailableException">
    /// PostgreSQL failed, did not answer in time, its circuit is open, or the call was shed. Unless shed or refused by the circuit, the write may have happened.
    /// </exception>
    public ValueTask<T> WriteAsync<T>(
        Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, ValueTask<T>> write, bool replaySafe, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(write);
        return _postgres.ExecuteAsync(attempt => WriteOnceAsync(write, attempt), cancellationToken, replaySafe);
    }

    private async ValueTask<T> ReadOnceAsync<T>(Func<NpgsqlConnection, CancellationToken, ValueTask<T>> read, CancellationToken attempt)
    {
        var connection = await _requests.OpenConnectionAsync(attempt).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await read(connection, attempt).ConfigureAwait(false);
    }

    private async ValueTask<T> WriteOnceAsync<T>(Func<NpgsqlConnection, NpgsqlTransaction, CancellationToken, ValueTask<T>> write, CancellationToken attempt)
    {
        var connection = await _requests.OpenConnectionAsync(attempt).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(attempt).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);
        var outcome = await write(connection, transaction, attempt).ConfigureAwait(false);
        await transaction.CommitAsync(attempt).ConfigureAwait(false);
        return outcome;
    }
}

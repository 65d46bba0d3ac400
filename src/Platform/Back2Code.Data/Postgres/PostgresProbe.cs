using Back2Code.Resilience;
using Npgsql;

namespace Back2Code.Data;

/// <summary>
/// Asks PostgreSQL over a connection of its own, so that neither a full pool nor a healthy pooled connection hides the truth.
/// While PostgreSQL does not answer it empties the pools: what they hold are connections to a server that is gone, and each
/// would cost one request its first attempt after the server's return.
/// </summary>
internal sealed class PostgresProbe(NpgsqlDataSource probe, IReadOnlyList<NpgsqlDataSource> pools) : IDependencyProbe, IAsyncDisposable
{
    private NpgsqlConnection? _connection;
    private Task _asking = Task.CompletedTask;

    public string Name => "postgres";

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        // A question to a frozen server outlives its caller (see PostgresConnectionString); the next caller joins it.
        if (_asking is not { IsCompleted: false })
        {
            _asking = AskAsync();
        }

        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await DropConnectionAsync().ConfigureAwait(false);
        await probe.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AskAsync()
    {
        try
        {
            _connection ??= await probe.OpenConnectionAsync(CancellationToken.None).ConfigureAwait(false);
            var command = new NpgsqlCommand("SELECT 1", _connection);
            await using var _ = command.ConfigureAwait(false);
            await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            await DropConnectionAsync().ConfigureAwait(false);
            foreach (var pool in pools)
            {
                pool.Clear();
            }

            throw;
        }
    }

    private async ValueTask DropConnectionAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}

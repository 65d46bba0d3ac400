using System.Data.Common;
using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.Data;

/// <summary>
/// Brings the service's schema up to date before it takes traffic, and waits for PostgreSQL as long as that takes.
/// Replicas that start together queue on an advisory lock, so each script runs once.
/// </summary>
public sealed partial class PostgresMigrator : BackgroundService
{
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresMigrator> _logger;
    private readonly StartupPart _startup;
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PostgresMigrator(NpgsqlDataSource dataSource, PostgresOptions options, StartupGate startup, TimeProvider time, ILogger<PostgresMigrator> logger)
    {
        _dataSource = dataSource;
        _options = options;
        _time = time;
        _logger = logger;
        _startup = startup.Register("migrations");
    }

    /// <summary>Completes when the schema is up to date; faults with <see cref="MigrationException"/> when it cannot be.</summary>
    public Task Completed => _completed.Task;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), MaxDelay);
        while (true)
        {
            try
            {
                await MigrateOnceAsync(stoppingToken).ConfigureAwait(false);
                _startup.Complete();
                _completed.TrySetResult();
                return;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                _completed.TrySetCanceled(stoppingToken);
                return;
            }
            catch (Exception e) when (e is not MigrationException && DependencyFailure.IsLikely(e))
            {
                _startup.Report("PostgreSQL does not answer");
                Log.Waiting(_logger, e.Message);
                await Task.Delay(backoff.Next(), _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                // A host stops when a background service throws: better than a process that never becomes ready.
                Log.Failed(_logger, e);
                _completed.TrySetException(e);
                throw;
            }
        }
    }

    /// <summary>One attempt at everything that is pending.</summary>
    internal async Task MigrateOnceAsync(CancellationToken cancellationToken)
    {
        await ApplyAsync(Migration.Load(typeof(PostgresMigrator).Assembly, "platform"), cancellationToken).ConfigureAwait(false);
        if (_options.MigrationsAssembly is { } assembly)
        {
            await ApplyAsync(Migration.Load(assembly, "service"), cancellationToken).ConfigureAwait(false);
        }
    }

    internal async Task ApplyAsync(IReadOnlyList<Migration> scripts, CancellationToken cancellationToken)
    {
        if (scripts.Count == 0)
        {
            return;
        }

        var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);

        // Held to the end of the transaction, so it cannot outlive a lost connection.
        await ExecuteAsync(connection, "SELECT set_config('statement_timeout', '0', true), pg_advisory_xact_lock(hashtextextended('back2code.migrations.' || $1, 0))", cancellationToken, _options.Schema).ConfigureAwait(false);
        await ExecuteAsync(connection, """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              migration_set text        NOT NULL,
              version       integer     NOT NULL,
              name          text        NOT NULL,
              checksum      text        NOT NULL,
              applied_at    timestamptz NOT NULL DEFAULT now(),
              PRIMARY KEY (migration_set, version)
            )
            """, cancellationToken).ConfigureAwait(false);

        foreach (var script in MigrationPlan.Pending(scripts, await ReadHistoryAsync(connection, scripts[0].Set, cancellationToken).ConfigureAwait(false)))
        {
            try
            {
                await ExecuteAsync(connection, script.Sql, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (!e.IsTransient)
            {
                throw new MigrationException($"Migration {script.FileName} ({script.Set}) failed at position {e.Position}: {e.MessageText}. Nothing of it was applied.", e);
            }

            await ExecuteAsync(
                connection, "INSERT INTO schema_migrations (migration_set, version, name, checksum) VALUES ($1, $2, $3, $4)", cancellationToken,
                script.Set, script.Version, script.Name, script.Checksum).ConfigureAwait(false);
            Log.Applied(_logger, script.FileName, script.Set, _options.Schema);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task<List<AppliedMigration>> ReadHistoryAsync(NpgsqlConnection connection, string set, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT version, name, checksum FROM schema_migrations WHERE migration_set = $1", connection)
        {
            Parameters = { new() { Value = set } },
        };
        await using var _ = command.ConfigureAwait(false);
        DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var history = new List<AppliedMigration>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            history.Add(new AppliedMigration(reader.GetInt32(0), reader.GetString(1), reader.GetString(2)));
        }

        return history;
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)_options.MigrationTimeout.TotalSeconds };
        await using var _ = command.ConfigureAwait(false);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Information, "Applied migration {Migration} of set {Set} to schema {Schema}", EventName = "MigrationApplied")]
        public static partial void Applied(ILogger logger, string migration, string set, string schema);

        [LoggerMessage(3102, LogLevel.Warning, "Migrations wait for PostgreSQL: {Reason}", EventName = "MigrationsWaiting")]
        public static partial void Waiting(ILogger logger, string reason);

        [LoggerMessage(3103, LogLevel.Critical, "Migrations cannot continue", EventName = "MigrationsFailed")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}

using Back2Code.Data;
using Npgsql;

namespace Back2Code.Notes.Retention;

/// <summary>Removes what only bridges repetitions and has outlived them: old Idempotency-Keys and old tombstones.</summary>
internal sealed partial class RetentionSweep(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, TimeProvider time, ILogger<RetentionSweep> logger)
    : BackgroundService
{
    // Clients retry for seconds, or for a working day after a night offline; nobody repeats a DELETE after a month.
    internal static readonly TimeSpan KeyAge = TimeSpan.FromHours(24);
    internal static readonly TimeSpan TombstoneAge = TimeSpan.FromDays(30);

    // Small batches hold locks briefly. A sweep a minute of each replica outpaces 30 writes a second; what is left over waits a minute.
    internal const int BatchRows = 2_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private const string DeleteKeys = """
        DELETE FROM idempotency_keys
        WHERE (owner_id, key) IN (
          SELECT owner_id, key FROM idempotency_keys
          WHERE created_at < @before ORDER BY created_at LIMIT @rows FOR UPDATE SKIP LOCKED)
        """;

    private const string DeleteTombstones = """
        DELETE FROM notes
        WHERE id IN (
          SELECT id FROM notes
          WHERE deleted_at < @before ORDER BY deleted_at LIMIT @rows FOR UPDATE SKIP LOCKED)
        """;

    public async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            DateTimeOffset now = time.GetUtcNow();
            int keys = await DeleteAsync(DeleteKeys, now - KeyAge, cancellationToken);
            int tombstones = await DeleteAsync(DeleteTombstones, now - TombstoneAge, cancellationToken);
            Log.Swept(logger, keys, tombstones);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            Log.SweepFailed(logger, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SweepOnceAsync(stoppingToken);
        }
    }

    private async Task<int> DeleteAsync(string sql, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        command.Parameters.AddWithValue("before", before);
        command.Parameters.AddWithValue("rows", BatchRows);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Debug, "Removed {Keys} idempotency keys and {Tombstones} tombstones", EventName = "RetentionSwept")]
        public static partial void Swept(ILogger logger, int keys, int tombstones);

        [LoggerMessage(4002, LogLevel.Warning, "The retention sweep failed; the next one comes in a minute", EventName = "RetentionSweepFailed")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}

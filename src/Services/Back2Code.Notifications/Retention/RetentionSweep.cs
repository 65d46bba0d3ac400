using Back2Code.Data;
using Npgsql;

namespace Back2Code.Notifications.Retention;

/// <summary>Removes notifications that nobody will read any more, so that an inbox nobody opens does not grow for ever.</summary>
internal sealed partial class RetentionSweep(
    [FromKeyedServices(PostgresPools.Background)] NpgsqlDataSource source, TimeProvider time, ILogger<RetentionSweep> logger)
    : BackgroundService
{
    internal static readonly TimeSpan Age = TimeSpan.FromDays(90);

    // Small batches hold locks briefly. A sweep a minute outpaces 80 events a second; what is left over waits a minute.
    internal const int BatchRows = 5_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    public async Task SweepOnceAsync(CancellationToken cancellationToken)
    {
        const string sql = """
            DELETE FROM notifications
            WHERE id IN (
              SELECT id FROM notifications
              WHERE created_at < @before ORDER BY created_at LIMIT @rows FOR UPDATE SKIP LOCKED)
            """;

        try
        {
            await using NpgsqlCommand command = source.CreateCommand(sql);
            command.Parameters.AddWithValue("before", time.GetUtcNow() - Age);
            command.Parameters.AddWithValue("rows", BatchRows);
            Log.Swept(logger, await command.ExecuteNonQueryAsync(cancellationToken));
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

    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Debug, "Removed {Notifications} old notifications", EventName = "RetentionSwept")]
        public static partial void Swept(ILogger logger, int notifications);

        [LoggerMessage(4102, LogLevel.Warning, "The retention sweep failed; the next one comes in a minute", EventName = "RetentionSweepFailed")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}

using Back2Code.Data;
using Back2Code.Monitoring.Alerts;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Monitoring.Notifying;

/// <summary>Keeps what only grows within its bounds: the history of alerts and the logs. Late is no harm, so a look that fails is simply followed by the next.</summary>
internal sealed partial class RetentionWorker(
    AlertStore history, LogFiles logs, PostgresMigrator migrator, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await migrator.Completed.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(options.Value.Every, time);
            do
            {
                await EvaluateOnceAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start looks again.
        }
    }

    internal async Task EvaluateOnceAsync(CancellationToken cancellationToken)
    {
        RetentionOptions bounds = options.Value;
        try
        {
            foreach (JsonLinesFile log in logs.All)
            {
                await log.TrimAsync(cancellationToken);
            }

            int removed = await history.PruneAsync(time.GetUtcNow() - bounds.AlertsFor, bounds.Alerts, cancellationToken);
            if (removed > 0)
            {
                Log.Removed(logger, removed);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Log.Failed(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5521, LogLevel.Information, "{Count} alerts left the history: too old, or too many", EventName = "AlertsPruned")]
        public static partial void Removed(ILogger logger, int count);

        [LoggerMessage(5522, LogLevel.Warning, "What is kept of alerts could not be trimmed, it is tried again: {Reason}", EventName = "RetentionFailed")]
        public static partial void Failed(ILogger logger, string reason);
    }
}

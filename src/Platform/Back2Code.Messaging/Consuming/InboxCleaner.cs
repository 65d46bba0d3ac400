using Back2Code.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Back2Code.Messaging;

/// <summary>Lets one consumer's inbox forget what is older than its retention, once an hour.</summary>
internal sealed partial class InboxCleaner(NpgsqlDataSource dataSource, PostgresMigrator migrator, ConsumerOptions options, TimeProvider time, ILogger<InboxCleaner> logger) : BackgroundService
{
    private const int Bite = 1000;
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.Completed.WaitAsync(stoppingToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await CleanOnceAsync(stoppingToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown.
        }
    }

    internal async Task CleanOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            int deleted;
            do
            {
                deleted = await Inbox.DeleteOldAsync(dataSource, options.Queue, options.InboxRetention, Bite, cancellationToken).ConfigureAwait(false);
            }
            while (deleted == Bite);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, options.Queue, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3601, LogLevel.Warning, "The inbox of {Queue} was not cleaned, next try in an hour: {Reason}", EventName = "InboxNotCleaned")]
        public static partial void Failed(ILogger logger, string queue, string reason);
    }
}

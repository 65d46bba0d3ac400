using System.Diagnostics.Metrics;
using Back2Code.Data;
using Back2Code.Resilience;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// Carries committed events from the outbox to RabbitMQ, at least once: an event leaves the table only in a transaction that ends
/// after the broker has confirmed it. A crash between the two publishes it again, and consumers' inboxes recognise it.
/// </summary>
internal sealed partial class OutboxRelay : BackgroundService
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly PostgresMigrator _migrator;
    private readonly RabbitMqConnection _rabbitMq;
    private readonly OutboxRelayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OutboxRelay> _logger;
    private readonly OutboxMetrics _metrics;
    private readonly OutboxListener _listener;
    private readonly ConfirmingPublisher _publisher;

    public OutboxRelay(
        string schema, NpgsqlDataSource dataSource, PostgresMigrator migrator, RabbitMqConnection rabbitMq, OutboxRelayOptions options, TimeProvider time, IMeterFactory meters, ILogger<OutboxRelay> logger, ClientChaos? chaos = null)
    {
        _dataSource = dataSource;
        _migrator = migrator;
        _rabbitMq = rabbitMq;
        _options = options;
        _time = time;
        _logger = logger;
        _metrics = new OutboxMetrics(meters);
        _listener = new OutboxListener(dataSource, schema, time, logger);
        _publisher = new ConfirmingPublisher(rabbitMq, options.PublishTimeout, time, chaos);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _migrator.Completed.WaitAsync(stoppingToken).ConfigureAwait(false);
        await Task.WhenAll(_listener.RunAsync(stoppingToken), MeasureAsync(stoppingToken), RelayAsync(stoppingToken)).ConfigureAwait(false);
        await _publisher.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RelayAsync(CancellationToken stoppingToken)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(50), _options.MaxBackoff);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _rabbitMq.GetAsync(stoppingToken).ConfigureAwait(false);
                int taken = await RelayOnceAsync(stoppingToken).ConfigureAwait(false);
                backoff.Reset();
                if (taken < _options.BatchSize)
                {
                    await _listener.WaitAsync(_options.PollInterval, stoppingToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever failed, the events are still in the table; only shutdown ends the attempts.
                Log.Failed(_logger, e.Message);
                await Task.Delay(backoff.Next(), _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Publishes one batch.</summary>
    /// <returns>How many events were taken; fewer than the batch size means that no more are due.</returns>
    internal async Task<int> RelayOnceAsync(CancellationToken cancellationToken)
    {
        var connection = await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = transaction.ConfigureAwait(false);
        var rows = await OutboxStore.TakeAsync(connection, _options.BatchSize, cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return 0;
        }

        var messages = new List<(string, string, BasicProperties, ReadOnlyMemory<byte>)>(rows.Count);
        foreach (var row in rows)
        {
            var (properties, body) = CloudEventMessage.Write(row.Event);
            properties.Headers![PublicationTime.Header] = PublicationTime.Stamp(_time);
            messages.Add((_rabbitMq.Options.Exchange, row.Event.Type, properties, body));
        }

        var outcomes = await _publisher.PublishAsync(messages, cancellationToken).ConfigureAwait(false);
        long[] confirmed = Positions(rows, outcomes, PublishOutcome.Confirmed, static _ => true);
        long[] unwanted = Positions(rows, outcomes, PublishOutcome.Unroutable, IsNews);
        long[] unroutable = Positions(rows, outcomes, PublishOutcome.Unroutable, row => !IsNews(row));
        int unknown = rows.Count - confirmed.Length - unwanted.Length - unroutable.Length;
        if (confirmed.Length > 0)
        {
            await OutboxStore.DeleteAsync(connection, confirmed, cancellationToken).ConfigureAwait(false);
        }

        if (unwanted.Length > 0)
        {
            await OutboxStore.DeleteAsync(connection, unwanted, cancellationToken).ConfigureAwait(false);
            _metrics.Failed(unwanted.Length, "unwanted");
        }

        if (unroutable.Length > 0)
        {
            // No consumer has declared its queue yet. The event keeps, and the others pass it.
            await OutboxStore.PostponeAsync(connection, unroutable, _options.UnroutableDelay, cancellationToken).ConfigureAwait(false);
            _metrics.Failed(unroutable.Length, "unroutable");
            Log.Unroutable(_logger, unroutable.Length, rows.First(row => row.Position == unroutable[0]).Event.Type);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        _metrics.Published(confirmed.Length);
        if (unknown > 0)
        {
            _metrics.Failed(unknown, "broker");
            throw new IOException($"RabbitMQ did not confirm {unknown} of {rows.Count} events within PublishTimeout ({_options.PublishTimeout.TotalMilliseconds} ms).");
        }

        return rows.Count;
    }

    private async Task MeasureAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), _time);
        try
        {
            do
            {
                await MeasureOnceAsync(stoppingToken).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Shutdown.
        }
    }

    private async Task MeasureOnceAsync(CancellationToken stoppingToken)
    {
        try
        {
            var (pending, oldestAgeSeconds) = await OutboxStore.MeasureAsync(_dataSource, stoppingToken).ConfigureAwait(false);
            _metrics.Waiting(pending, oldestAgeSeconds);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // The gauges keep their last values; the dependency's own gauge tells that PostgreSQL is away.
            Log.NotMeasured(_logger, e.Message);
        }
    }

    private bool IsNews(OutboxRow row) => _options.DroppedWhenUnroutable.Contains(row.Event.Type);

    private static long[] Positions(List<OutboxRow> rows, PublishOutcome[] outcomes, PublishOutcome outcome, Func<OutboxRow, bool> wanted) =>
        [.. rows.Where((row, i) => outcomes[i] == outcome && wanted(row)).Select(static row => row.Position)];

    private static partial class Log
    {
        [LoggerMessage(3511, LogLevel.Warning, "Events stay in the outbox for now: {Reason}", EventName = "OutboxRelayFailed")]
        public static partial void Failed(ILogger logger, string reason);

        [LoggerMessage(3512, LogLevel.Warning, "No queue is bound for {Count} events, the first of type {Type}; they stay in the outbox", EventName = "OutboxUnroutable")]
        public static partial void Unroutable(ILogger logger, int count, string type);

        [LoggerMessage(3513, LogLevel.Debug, "The outbox could not be measured: {Reason}", EventName = "OutboxNotMeasured")]
        public static partial void NotMeasured(ILogger logger, string reason);
    }
}

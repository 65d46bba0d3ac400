using System.Globalization;
using Back2Code.Data;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Back2Code.Messaging;

/// <summary>
/// Takes one queue's messages and sees each to its end: handled, known already, tried again later, or parked among the dead
/// letters. A message is acknowledged only after that end is committed or confirmed, so a crash at any point repeats it at most.
/// </summary>
internal sealed partial class EventConsumer(
    RabbitMqConnection rabbitMq, PostgresMigrator migrator, EventProcessor processor, ConsumerOptions options, ConsumerMetrics metrics, TimeProvider time, ILogger<EventConsumer> logger)
    : BackgroundService
{
    private const string Cancelled = "the broker cancelled the consumer";

    // Many times what an event takes. One that waits for an unavailable dependency must not keep the queue from being declared again.
    private static readonly TimeSpan TimeToFinish = TimeSpan.FromSeconds(5);

    private readonly FailedDeliveries _failed = new(rabbitMq, options, time);
    private readonly SemaphoreSlim _places = new(options.Concurrency, options.Concurrency);

    public override void Dispose()
    {
        _places.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        metrics.Introduce();
        await migrator.Completed.WaitAsync(stoppingToken).ConfigureAwait(false);
        var backoff = new Backoff(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var connection = await rabbitMq.GetAsync(stoppingToken).ConfigureAwait(false);
                await ConsumeAsync(connection, backoff, stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                Log.Interrupted(logger, options.Queue, e.Message);
                await Task.Delay(backoff.Next(), time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await _failed.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Consumes the queue and its retry queues, each over a channel of its own, until one is lost.</summary>
    private async Task ConsumeAsync(IConnection connection, Backoff backoff, CancellationToken stoppingToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        using var handling = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var channels = new List<IChannel>();
        var inHand = new DeliveriesInHand();
        bool finished = false;
        try
        {
            for (int retry = 0; retry <= options.RetryDelays.Count; retry++)
            {
                channels.Add(await OpenAsync(connection, retry, inHand, lost, retry == 0 ? handling.Token : ended.Token).ConfigureAwait(false));
            }

            Log.Consuming(logger, options.Queue);
            metrics.Backlog.Connected();
            backoff.Reset();
            string reason = await lost.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
            if (reason == Cancelled)
            {
                // The queue is gone, and with it what was handed out: nobody will get that a second time.
                var finishing = inHand.WhenEmptyAsync();
                await finishing.WaitAsync(TimeToFinish, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                finished = finishing.IsCompleted;
            }

            throw new IOException(reason);
        }
        finally
        {
            // What was handed out and not acknowledged is the broker's again: whoever still works on it must stop.
            metrics.Backlog.Lost();
            await ended.CancelAsync().ConfigureAwait(false);
            if (!finished)
            {
                // After the queue's end a last delivery may still be on its way to its handler: that one goes on.
                await handling.CancelAsync().ConfigureAwait(false);
            }

            await Task.WhenAll(channels.Select(ChannelClosing.CloseAsync)).ConfigureAwait(false);
        }
    }

    /// <param name="connection">The open connection.</param>
    /// <param name="retry">0 for the queue itself, n for its n-th retry queue.</param>
    /// <param name="inHand">What of the queue itself is being handled.</param>
    /// <param name="lost">Completed when nothing more will come.</param>
    /// <param name="cancellationToken">Ends the handling of everything that came.</param>
    private async Task<IChannel> OpenAsync(IConnection connection, int retry, DeliveriesInHand inHand, TaskCompletionSource<string> lost, CancellationToken cancellationToken)
    {
        var channel = await connection.CreateChannelAsync(
            // As many calls at once as messages ahead: a message that waits for its time must not hold a place that a due one needs.
            new CreateChannelOptions(publisherConfirmationsEnabled: false, publisherConfirmationTrackingEnabled: false, consumerDispatchConcurrency: (ushort)options.Prefetch),
            cancellationToken).ConfigureAwait(false);
        try
        {
            channel.ChannelShutdownAsync += (_, shutdown) =>
            {
                lost.TrySetResult(shutdown.ReplyText);
                return Task.CompletedTask;
            };
            if (retry == 0)
            {
                await Topology.DeclareQueuesAsync(channel, rabbitMq.Options, options, cancellationToken).ConfigureAwait(false);
            }

            await channel.BasicQosAsync(0, (ushort)options.Prefetch, global: false, cancellationToken).ConfigureAwait(false);
            var consumer = new AsyncEventingBasicConsumer(channel);
            consumer.ReceivedAsync += (_, delivery) => ReceiveAsync(channel, delivery, retry, inHand, cancellationToken);
            consumer.UnregisteredAsync += (_, _) =>
            {
                // The queue was deleted: the broker cancels its consumers and leaves the channel open.
                lost.TrySetResult(Cancelled);
                return Task.CompletedTask;
            };
            string queue = retry == 0 ? options.Queue : Topology.RetryQueue(options.Queue, retry);
            await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken).ConfigureAwait(false);
            return channel;
        }
        catch
        {
            await ChannelClosing.CloseAsync(channel).ConfigureAwait(false);
            throw;
        }
    }

    private async Task ReceiveAsync(IChannel channel, BasicDeliverEventArgs delivery, int retry, DeliveriesInHand inHand, CancellationToken cancellationToken)
    {
        // What waits for its next attempt has failed; that the others are up to date is still true.
        long? ticket = null;
        if (retry == 0)
        {
            inHand.Take();
            ticket = metrics.Backlog.Received(PublicationTime.Of(delivery.BasicProperties) ?? time.GetUtcNow());
        }

        try
        {
            await Task.Delay(_failed.TimeUntilDue(delivery.BasicProperties, retry), time, cancellationToken).ConfigureAwait(false);
            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                metrics.Event(await FinishAsync(delivery, cancellationToken).ConfigureAwait(false));
            }
            finally
            {
                _places.Release();
            }

            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Without the acknowledgement the broker delivers it again, and the inbox knows whether that is needed.
            if (!cancellationToken.IsCancellationRequested)
            {
                Log.NotAcknowledged(logger, options.Queue, e.Message);
                await ChannelClosing.CloseAsync(channel).ConfigureAwait(false);
            }
        }
        finally
        {
            if (ticket is { } received)
            {
                metrics.Backlog.Done(received);
                inHand.Done();
            }
        }
    }

    /// <summary>Sees a message to its end.</summary>
    /// <returns>Which end.</returns>
    private async Task<string> FinishAsync(BasicDeliverEventArgs delivery, CancellationToken cancellationToken)
    {
        int attempts = FailedDeliveries.AttemptsOf(delivery.BasicProperties);
        try
        {
            if (delivery.Body.Length > options.MaxBodyBytes)
            {
                throw new PoisonMessageException(string.Create(CultureInfo.InvariantCulture, $"the body has {delivery.Body.Length} bytes, more than {options.MaxBodyBytes}"));
            }

            var cloudEvent = CloudEventMessage.Read(delivery.BasicProperties, delivery.Body);
            if (await processor.ProcessAsync(cloudEvent, cancellationToken).ConfigureAwait(false) == EventOutcome.Duplicate)
            {
                return "duplicate";
            }

            metrics.Handled(time.GetUtcNow() - cloudEvent.Time);
            if (PublicationTime.Of(delivery.BasicProperties) is { } publishedAt)
            {
                metrics.LeftQueue(time.GetUtcNow() - publishedAt);
            }

            return "handled";
        }
        catch (PoisonMessageException e)
        {
            await _failed.ParkAsync(delivery, attempts + 1, e.Message, cancellationToken).ConfigureAwait(false);
            Log.Dead(logger, options.Queue, delivery.BasicProperties.MessageId, attempts + 1, e.Message);
            return "dead";
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            attempts++;
            if (attempts > options.RetryDelays.Count)
            {
                await _failed.ParkAsync(delivery, attempts, $"{e.GetType().Name}: {e.Message}", cancellationToken).ConfigureAwait(false);
                Log.Dead(logger, options.Queue, delivery.BasicProperties.MessageId, attempts, e.Message);
                return "dead";
            }

            await _failed.RetryLaterAsync(delivery, attempts, $"{e.GetType().Name}: {e.Message}", cancellationToken).ConfigureAwait(false);
            Log.Retried(logger, e, options.Queue, delivery.BasicProperties.MessageId, attempts, options.RetryDelays[attempts - 1].TotalMilliseconds);
            return "retried";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3621, LogLevel.Information, "Consuming {Queue}", EventName = "ConsumerStarted")]
        public static partial void Consuming(ILogger logger, string queue);

        [LoggerMessage(3622, LogLevel.Warning, "Consuming {Queue} was interrupted: {Reason}", EventName = "ConsumerInterrupted")]
        public static partial void Interrupted(ILogger logger, string queue, string reason);

        [LoggerMessage(3623, LogLevel.Warning, "A message of {Queue} was not acknowledged and will come again: {Reason}", EventName = "ConsumerNotAcknowledged")]
        public static partial void NotAcknowledged(ILogger logger, string queue, string reason);

        [LoggerMessage(3624, LogLevel.Warning, "Message {MessageId} of {Queue} failed attempt {Attempt}, next one in {DelayMs} ms", EventName = "ConsumerRetry")]
        public static partial void Retried(ILogger logger, Exception exception, string queue, string? messageId, int attempt, double delayMs);

        [LoggerMessage(3625, LogLevel.Error, "Message {MessageId} of {Queue} is a dead letter after attempt {Attempt}: {Reason}", EventName = "ConsumerDeadLetter")]
        public static partial void Dead(ILogger logger, string queue, string? messageId, int attempt, string reason);
    }
}

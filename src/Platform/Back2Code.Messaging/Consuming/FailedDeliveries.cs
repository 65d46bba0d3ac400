using System.Globalization;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Back2Code.Messaging;

/// <summary>Moves messages whose handling failed: to a queue that gives them back later, or to the dead letters. Thread-safe.</summary>
internal sealed class FailedDeliveries(RabbitMqConnection rabbitMq, ConsumerOptions options, TimeProvider time) : IAsyncDisposable
{
    public const string AttemptsHeader = "x-back2code-attempts";
    public const string ReasonHeader = "x-back2code-reason";
    public const string QueueHeader = "x-back2code-queue";
    public const string TimeHeader = "x-back2code-failed-at";

    /// <summary>A frame of RabbitMQ holds all headers, 128 KiB by default: a stack of causes must not fill it.</summary>
    private const int MaxReasonLength = 1000;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ConfirmingPublisher _publisher = new(rabbitMq, rabbitMq.Options.ConnectTimeout, time);

    /// <summary>Attempts that have failed so far.</summary>
    public static int AttemptsOf(IReadOnlyBasicProperties properties) =>
        properties.Headers?.TryGetValue(AttemptsHeader, out object? value) == true && value is int or long or short or byte
            ? Math.Max(0, Convert.ToInt32(value, CultureInfo.InvariantCulture))
            : 0;

    /// <summary>How long a message of a retry queue still has to wait; zero for one of the main queue.</summary>
    public TimeSpan TimeUntilDue(IReadOnlyBasicProperties properties, int retry)
    {
        if (retry == 0)
        {
            return TimeSpan.Zero;
        }

        // Clocks of replicas differ, and headers can be anything: never wait longer than the whole delay.
        var delay = options.RetryDelays[retry - 1];
        var left = properties.Headers?.TryGetValue(TimeHeader, out object? value) == true && value is byte[] utf8
            && DateTimeOffset.TryParse(Encoding.UTF8.GetString(utf8), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var failedAt)
            ? failedAt + delay - time.GetUtcNow()
            : delay;
        return left > delay ? delay : left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Completes when the broker has confirmed that the message waits in the queue of the attempt's delay.</summary>
    public Task RetryLaterAsync(BasicDeliverEventArgs delivery, int attempts, string reason, CancellationToken cancellationToken) =>
        MoveAsync(delivery, Topology.RetryQueue(options.Queue, attempts), attempts, reason, cancellationToken);

    /// <summary>Completes when the broker has confirmed the dead letter.</summary>
    public Task ParkAsync(BasicDeliverEventArgs delivery, int attempts, string reason, CancellationToken cancellationToken) =>
        MoveAsync(delivery, Topology.DeadQueue(options.Queue), attempts, reason, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    private async Task MoveAsync(BasicDeliverEventArgs delivery, string queue, int attempts, string reason, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties(delivery.BasicProperties)
        {
            DeliveryMode = DeliveryModes.Persistent,
            Expiration = null,
            Headers = Headers(delivery.BasicProperties, attempts, reason),
        };
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var outcomes = await _publisher.PublishAsync([("", queue, properties, delivery.Body)], cancellationToken).ConfigureAwait(false);
            if (outcomes[0] != PublishOutcome.Confirmed)
            {
                throw new IOException($"RabbitMQ did not confirm the move of a message to {queue} ({outcomes[0]}).");
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    private Dictionary<string, object?> Headers(IReadOnlyBasicProperties properties, int attempts, string reason)
    {
        // RabbitMQ's own history of dead-lettering would grow with each round, and the client's number belongs to another channel.
        var headers = properties.Headers?
            .Where(static header => header.Key is not Constants.PublishSequenceNumberHeader && !header.Key.StartsWith("x-death", StringComparison.Ordinal)
                && !header.Key.StartsWith("x-first-death", StringComparison.Ordinal) && !header.Key.StartsWith("x-last-death", StringComparison.Ordinal))
            .ToDictionary() ?? [];
        headers[AttemptsHeader] = attempts;
        headers[ReasonHeader] = reason.Length <= MaxReasonLength ? reason : reason[..MaxReasonLength] + "…";
        headers[QueueHeader] = options.Queue;
        headers[TimeHeader] = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        return headers;
    }
}

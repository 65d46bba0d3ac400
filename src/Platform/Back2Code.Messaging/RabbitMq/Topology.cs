using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// The exchange and queues, declared by whoever uses them: declaring again what exists changes nothing. Retries need no expiring
/// messages: a retry queue's own consumer holds each message until it is due. RabbitMQ's dead-lettering would take an expired message
/// from one queue before the next has it for certain, and a crash in between would lose it.
/// </summary>
internal static class Topology
{
    public static string RetryQueue(string queue, int attempt) => $"{queue}.retry.{attempt}";

    public static string DeadQueue(string queue) => $"{queue}.dead";

    public static Task DeclareExchangeAsync(IChannel channel, string exchange, CancellationToken cancellationToken) =>
        channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);

    public static async Task DeclareQueuesAsync(IChannel channel, RabbitMqOptions rabbitMq, ConsumerOptions consumer, CancellationToken cancellationToken)
    {
        await DeclareExchangeAsync(channel, rabbitMq.Exchange, cancellationToken).ConfigureAwait(false);

        // The main queue comes last: no event is routed before there is a place for its failure.
        await DeclareAsync(channel, DeadQueue(consumer.Queue), rabbitMq.QueueType, cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; attempt <= consumer.RetryDelays.Count; attempt++)
        {
            await DeclareAsync(channel, RetryQueue(consumer.Queue, attempt), rabbitMq.QueueType, cancellationToken).ConfigureAwait(false);
        }

        await DeclareAsync(channel, consumer.Queue, rabbitMq.QueueType, cancellationToken).ConfigureAwait(false);
        foreach (string key in consumer.BindingKeys)
        {
            await channel.QueueBindAsync(consumer.Queue, rabbitMq.Exchange, key, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<QueueDeclareOk> DeclareAsync(IChannel channel, string queue, RabbitMqQueueType type, CancellationToken cancellationToken) =>
        channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = type == RabbitMqQueueType.Quorum ? "quorum" : "classic" },
            cancellationToken: cancellationToken);
}

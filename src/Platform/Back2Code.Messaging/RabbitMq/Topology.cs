using RabbitMQ.Client;

namespace Back2Code.Messaging;

/// <summary>
/// The exchange and queues, declared by whoever uses them: declaring again what exists changes nothing. All queues are quorum
/// queues: durable, and moving an expired retry with at-least-once dead-lettering, where a classic queue could lose it in a crash.
/// </summary>
internal static class Topology
{
    public static string RetryQueue(string queue, int attempt) => $"{queue}.retry.{attempt}";

    public static string DeadQueue(string queue) => $"{queue}.dead";

    public static Task DeclareExchangeAsync(IChannel channel, string exchange, CancellationToken cancellationToken) =>
        channel.ExchangeDeclareAsync(exchange, ExchangeType.Topic, durable: true, autoDelete: false, cancellationToken: cancellationToken);

    public static async Task DeclareQueuesAsync(IChannel channel, string exchange, ConsumerOptions options, CancellationToken cancellationToken)
    {
        await DeclareExchangeAsync(channel, exchange, cancellationToken).ConfigureAwait(false);
        await DeclareAsync(channel, DeadQueue(options.Queue), [], cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; attempt <= options.RetryDelays.Count; attempt++)
        {
            await DeclareAsync(
                channel,
                RetryQueue(options.Queue, attempt),
                new Dictionary<string, object?>
                {
                    ["x-message-ttl"] = (int)options.RetryDelays[attempt - 1].TotalMilliseconds,
                    ["x-dead-letter-exchange"] = "",
                    ["x-dead-letter-routing-key"] = options.Queue,
                    // Keeps an expired message until the main queue has confirmed it; it needs reject-publish to be allowed.
                    ["x-dead-letter-strategy"] = "at-least-once",
                    ["x-overflow"] = "reject-publish",
                },
                cancellationToken).ConfigureAwait(false);
        }

        await DeclareAsync(channel, options.Queue, [], cancellationToken).ConfigureAwait(false);
        foreach (string key in options.BindingKeys)
        {
            await channel.QueueBindAsync(options.Queue, exchange, key, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task DeclareAsync(IChannel channel, string queue, Dictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        arguments["x-queue-type"] = "quorum";
        await channel.QueueDeclareAsync(queue, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellationToken).ConfigureAwait(false);
    }
}

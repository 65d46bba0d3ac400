using System.Threading.Channels;
using Back2Code.Chaos.Faults.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>Listens to the events of an exchange and gives each to one queue again, later if asked, until its fault ends.</summary>
/// <param name="rename">Gives a copy what tells it from the original; nothing for an exact one.</param>
internal sealed class RepeatedDelivery(FaultContext context, RepeatOrder order, Action<BasicProperties> rename, TimeSpan lease) : IAsyncDisposable
{
    // More events than that at once are not repeated: the fault is not to fill this process.
    private const int MaxWaiting = 20_000;

    private readonly Channel<(DateTimeOffset Due, BasicProperties Properties, byte[] Body)> _waiting =
        Channel.CreateBounded<(DateTimeOffset, BasicProperties, byte[])>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _stop = new();
    private AmqpSession? _listener;
    private AmqpSession? _publisher;
    private Task _repeating = Task.CompletedTask;
    private int _repeated;
    private int _disposed;

    /// <summary>Copies that the broker has confirmed.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    public async Task<Evidence> BeginAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        _publisher = await AmqpSession.OpenAsync(context.Platform, context.FaultId, lease, cancellationToken);
        _listener = await AmqpSession.OpenAsync(context.Platform, context.FaultId, lease, cancellationToken);
        await _listener.DoAsync(channel => ListenAsync(channel, cancellationToken));
        _stop.CancelAfter(lease);
        _repeating = Task.Run(RepeatAsync, CancellationToken.None);
        var (repeated, took) = await Watch.UntilAsync(context.Platform, patience + order.Delay + order.Batch, _ => Task.FromResult(Repeated), count => count > 0, cancellationToken);
        return repeated > 0
            ? Evidence.Seen($"rabbitmq: {order.Queue} was given {Repeated} events once more, confirmed, within {took.TotalMilliseconds:0} ms")
            : Evidence.NotSeen($"rabbitmq: no event of {order.Exchange} came that could be repeated");
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stop.CancelAsync();
        await _repeating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var session in new[] { _listener, _publisher }.OfType<AmqpSession>())
        {
            await session.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task ListenAsync(IChannel channel, CancellationToken cancellationToken)
    {
        // A queue of this connection's own, which goes with it.
        var tap = await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, cancellationToken: cancellationToken);
        await channel.QueueBindAsync(tap.QueueName, order.Exchange, order.Key, cancellationToken: cancellationToken);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var properties = new BasicProperties(delivery.BasicProperties)
            {
                // The client's own number of a message belongs to another channel.
                Headers = delivery.BasicProperties.Headers?.Where(h => h.Key != Constants.PublishSequenceNumberHeader).ToDictionary(),
            };
            _waiting.Writer.TryWrite((order.DueAt(context.Platform.Time.GetUtcNow()), properties, delivery.Body.ToArray()));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(tap.QueueName, autoAck: true, consumer, cancellationToken);
    }

    private async Task RepeatAsync()
    {
        await foreach (var (due, properties, body) in _waiting.Reader.ReadAllAsync(_stop.Token))
        {
            var wait = due - context.Platform.Time.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, context.Platform.Time, _stop.Token);
            }

            for (var copy = 0; copy < order.Copies; copy++)
            {
                rename(properties);

                // Past the exchange: other queues, and this fault's own, are not to get it again.
                await _publisher!.PublishAsync("", order.Queue, properties, body, _stop.Token);
                Interlocked.Increment(ref _repeated);
            }
        }
    }
}

/// <summary>What to repeat, where, how often and how late.</summary>
/// <param name="Batch">Copies are held until the next multiple of this and come together; zero for one by one.</param>
internal sealed record RepeatOrder(string Queue, string Exchange, string Key, int Copies, TimeSpan Delay, TimeSpan Batch = default)
{
    /// <summary>When the copies of an event are due that came at a time.</summary>
    public DateTimeOffset DueAt(DateTimeOffset came)
    {
        var due = came + Delay;
        return Batch > TimeSpan.Zero ? new DateTimeOffset((due.UtcTicks / Batch.Ticks * Batch.Ticks) + Batch.Ticks, TimeSpan.Zero) : due;
    }
}

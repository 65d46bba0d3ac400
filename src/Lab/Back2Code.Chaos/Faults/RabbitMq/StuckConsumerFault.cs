using Back2Code.Chaos.Faults.Servers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.stuck-consumer</c>: somebody takes messages and never says that they are done.</summary>
internal sealed class StuckConsumerFault : RabbitMqFault
{
    public override string Type => "rabbitmq.stuck-consumer";

    public override string Summary => "Adds a consumer that is served first, takes messages and never acknowledges them. They go back to the queue when the fault ends.";

    public override string Symptom => "The number of messages_unacknowledged stands still at the consumer's prefetch; their events are late by as long as it holds them, and those behind overtake them.";

    public override string Receipt => "The fault's consumer has been given messages; the queue's consumers are counted.";

    public override string Undo => "Closes the consumer's connection when the fault ends, and the broker puts what it held back into the queue; so it does when the injector dies.";

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [Queue, new NumberParameter("messages", "How many it takes; 50 when left out.", 1, 10_000)];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var consumer = new Consumer(context, settings.Choice("queue", DefaultQueue), (ushort)settings.Number("messages", 50), LeaseOf(context));
        return Task.FromResult(new FaultPlan
        {
            // Nothing to undo on the server: what it holds goes back with its connection, whatever ends that.
            Standing = consumer,
            Act = consumer.BeginAsync,
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([FormattableString.Invariant($"rabbitmq: {consumer.Held} messages were held and go back to the queue")]),
        });
    }

    private sealed class Consumer(FaultContext context, string queue, ushort messages, TimeSpan lease) : IAsyncDisposable
    {
        private AmqpSession? _session;
        private int _held;

        public int Held => Volatile.Read(ref _held);

        public async Task<Evidence> BeginAsync(CancellationToken cancellationToken)
        {
            _session = await AmqpSession.OpenAsync(context.Platform, context.FaultId, lease, cancellationToken);
            await _session.DoAsync(async channel =>
            {
                await channel.BasicQosAsync(0, messages, global: false, cancellationToken);
                var consumer = new AsyncEventingBasicConsumer(channel);
                consumer.ReceivedAsync += (_, _) =>
                {
                    Interlocked.Increment(ref _held);
                    return Task.CompletedTask;
                };
                await channel.BasicConsumeAsync(
                    queue, autoAck: false, $"fault {context.FaultId}", noLocal: false, exclusive: false, new Dictionary<string, object?> { ["x-priority"] = 100 }, consumer, cancellationToken);
            });
            var (held, took) = await Watch.UntilAsync(context.Platform, Patience, _ => Task.FromResult(Held), count => count > 0, cancellationToken);
            var state = await _session.LookAtAsync(queue, cancellationToken);
            return held > 0
                ? Evidence.Seen($"rabbitmq: {queue} has {state.ConsumerCount} consumers; the fault's held {Held} messages after {took.TotalMilliseconds:0} ms")
                : Evidence.NotSeen($"rabbitmq: {queue} has {state.ConsumerCount} consumers; the fault's was given nothing, for nothing came");
        }

        public async ValueTask DisposeAsync()
        {
            if (_session is not null)
            {
                await _session.DisposeAsync();
            }
        }
    }
}

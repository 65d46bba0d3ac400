using System.Text.Json;
using Back2Code.Chaos.Faults.Data;
using Back2Code.Chaos.Faults.Servers;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.unbind</c>: events do not reach their queue any more.</summary>
internal sealed class UnbindFault : RabbitMqFault
{
    public override string Type => "rabbitmq.unbind";

    public override string Summary => "Removes the binding that brings events to a queue. Refused where another queue takes the same events: this one would miss them for good.";

    public override string Symptom => "Nothing fails and the queue stays empty; publishers get their events back as unroutable, and the outbox grows. A consumer that connects again binds its queue itself.";

    public override string Receipt => "An event published to the exchange comes back as unroutable.";

    public override string Undo => "Binds the queue to the exchange with the same key again when the fault ends, or as soon as RabbitMQ runs again after that.";

    public override IReadOnlyList<FaultParameter> Parameters { get; } = [Queue, Exchange, Key];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var queue = settings.Choice("queue", DefaultQueue);
        var exchange = settings.Choice("exchange", DefaultExchange);
        var key = settings.Choice("key", DefaultKey);
        var answer = await context.Platform.RunRabbitMqCtlAsync(["list_bindings", "source_name", "destination_name", "routing_key", "--formatter", "json"], cancellationToken);
        using var bindings = JsonDocument.Parse(answer);
        var others = bindings.RootElement.EnumerateArray().Where(b => b.GetProperty("source_name").GetString() == exchange).ToLookup(b => b.GetProperty("destination_name").GetString() == queue);
        if (!others[true].Any(b => b.GetProperty("routing_key").GetString() == key))
        {
            throw new FaultException($"The queue '{queue}' is not bound to '{exchange}' with '{key}'.");
        }

        if (others[false].Any(b => TopicKeys.Overlap(key, b.GetProperty("routing_key").GetString()!)))
        {
            throw new FaultException($"'{exchange}' brings these events to other queues too. An event that they take counts as delivered, and '{queue}' would miss it for good.");
        }

        return new FaultPlan
        {
            Undo = [new BindAgain(queue, exchange, key)],
            Act = token => UnbindAsync(context, queue, exchange, key, token),
        };
    }

    private static async Task<Evidence> UnbindAsync(FaultContext context, string queue, string exchange, string key, CancellationToken cancellationToken)
    {
        await using var session = await AmqpSession.OpenAsync(context.Platform, context.FaultId, Patience, cancellationToken);
        await session.DoAsync(channel => channel.QueueUnbindAsync(queue, exchange, key, cancellationToken: cancellationToken));

        // Of a type that nobody reacts to, should it arrive after all.
        var probe = StrayEvent.Unwanted(context, key.Replace("*", "probe", StringComparison.Ordinal).Replace("#", "probe", StringComparison.Ordinal));
        return await session.PublishAsync(exchange, probe.Type, probe.Properties, probe.Body, cancellationToken)
            ? Evidence.NotSeen($"rabbitmq: an event {probe.Type} still finds a queue")
            : Evidence.Seen($"rabbitmq: an event {probe.Type} came back: no queue takes it");
    }
}

/// <summary>Binds a queue again. Bindings of durable queues outlive the broker.</summary>
internal sealed record BindAgain(string Queue, string Exchange, string Key) : RabbitMqUndo
{
    internal override string? Owns => $"the binding of {Queue} to {Exchange} with {Key}";

    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "rabbitmq";

    protected override async Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await using var session = await AmqpSession.OpenAsync(platform, record.FaultId, TimeSpan.FromSeconds(10), cancellationToken);
        await session.DoAsync(channel => channel.QueueBindAsync(Queue, Exchange, Key, cancellationToken: cancellationToken));
        return $"rabbitmq: {Queue} gets {Key} of {Exchange} again";
    }
}

using System.Globalization;
using System.Text.Json;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>A queue as it was: declared again, and bound again, unless a consumer has done so. Durable queues outlive the broker, and so does their absence.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="Durable">Whether it outlives the broker.</param>
/// <param name="AutoDelete">Whether it goes with its last consumer.</param>
/// <param name="Arguments">Texts, whole numbers and truth values, such as its type.</param>
/// <param name="Bindings">Exchange and key of each.</param>
internal sealed record QueueDeclaration(string Queue, bool Durable, bool AutoDelete, IReadOnlyDictionary<string, JsonElement> Arguments, IReadOnlyList<QueueBinding> Bindings) : RabbitMqUndo
{
    internal override string? Owns => $"the queue {Queue}";

    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "rabbitmq";

    /// <returns>The queue, and an exchange that brings events of its to other queues too; null when none does.</returns>
    /// <exception cref="FaultException">There is no such queue, or one that could not be declared again.</exception>
    public static async Task<(QueueDeclaration Declaration, string? SharedExchange)> ReadAsync(IFaultTarget platform, string queue, CancellationToken cancellationToken)
    {
        using var queues = JsonDocument.Parse(await platform.RunRabbitMqCtlAsync(["list_queues", "name", "durable", "auto_delete", "exclusive", "arguments", "--formatter", "json"], cancellationToken));
        var found = queues.RootElement.EnumerateArray().FirstOrDefault(q => q.GetProperty("name").GetString() == queue);
        if (found.ValueKind == JsonValueKind.Undefined)
        {
            throw new FaultException($"There is no queue '{queue}'.");
        }

        if (IsTrue(found.GetProperty("exclusive")))
        {
            throw new FaultException($"The queue '{queue}' belongs to one connection, so nobody else can declare it again.");
        }

        using var bindings = JsonDocument.Parse(await platform.RunRabbitMqCtlAsync(["list_bindings", "source_name", "destination_name", "routing_key", "arguments", "--formatter", "json"], cancellationToken));
        var bound = bindings.RootElement.EnumerateArray().Where(b => b.GetProperty("source_name").GetString() is { Length: > 0 }).ToLookup(b => b.GetProperty("destination_name").GetString() == queue);
        if (bound[true].Any(b => ArgumentsOf(b).Count > 0))
        {
            throw new FaultException($"A binding of the queue '{queue}' has arguments, which could not be given back.");
        }

        QueueBinding[] own = [.. bound[true].Select(b => new QueueBinding(b.GetProperty("source_name").GetString()!, b.GetProperty("routing_key").GetString()!))];
        return (
            new QueueDeclaration(queue, IsTrue(found.GetProperty("durable")), IsTrue(found.GetProperty("auto_delete")), ArgumentsOf(found), own),
            bound[false].Select(b => new QueueBinding(b.GetProperty("source_name").GetString()!, b.GetProperty("routing_key").GetString()!))
                .FirstOrDefault(other => own.Any(b => b.Exchange == other.Exchange && TopicKeys.Overlap(b.Key, other.Key)))?.Exchange);
    }

    protected override async Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await using var session = await AmqpSession.OpenAsync(platform, record.FaultId, TimeSpan.FromSeconds(10), cancellationToken);
        uint consumers = 0;
        await session.DoAsync(async channel =>
        {
            var arguments = Arguments.ToDictionary(a => a.Key, a => ValueOf(a.Value));
            consumers = (await channel.QueueDeclareAsync(Queue, Durable, exclusive: false, AutoDelete, arguments, cancellationToken: cancellationToken)).ConsumerCount;
            foreach (var (exchange, key) in Bindings)
            {
                await channel.QueueBindAsync(Queue, exchange, key, cancellationToken: cancellationToken);
            }
        });
        return string.Create(CultureInfo.InvariantCulture, $"rabbitmq: {Queue} is there and bound as before; {consumers} consumers had it already");
    }

    /// <summary>A list of name, type and value, or an object: the formatters of rabbitmqctl differ.</summary>
    private static Dictionary<string, JsonElement> ArgumentsOf(JsonElement row)
    {
        var arguments = row.GetProperty("arguments");
        return arguments.ValueKind == JsonValueKind.Object
            ? arguments.EnumerateObject().ToDictionary(a => a.Name, a => Plain(a.Value))
            : arguments.EnumerateArray().ToDictionary(a => a[0].GetString()!, a => Plain(a[2]));
    }

    private static JsonElement Plain(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
        ? value.Clone()
        : throw new FaultException("The queue has an argument that is neither text nor number, which could not be given back.");

    private static object? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetInt64(),
        _ => value.GetBoolean(),
    };

    private static bool IsTrue(JsonElement value) => value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.String && value.GetString() == "true");
}

/// <summary>Which events an exchange brings to a queue.</summary>
internal sealed record QueueBinding(string Exchange, string Key);

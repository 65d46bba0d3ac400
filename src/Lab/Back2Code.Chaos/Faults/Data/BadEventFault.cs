using System.Text;
using Back2Code.Chaos.Faults.RabbitMq;
using Back2Code.Chaos.Faults.Servers;
using RabbitMQ.Client;

namespace Back2Code.Chaos.Faults.Data;

/// <summary>Events that no consumer can handle. What becomes of them shows in the dead-letter queue; they are removed from there when the fault ends.</summary>
/// <param name="kind">What its messages are, as in "a dead letter came that is …".</param>
internal sealed class BadEventFault(string type, string summary, string kind, Func<FaultContext, StrayEvent> make, bool directly = false) : RabbitMqFault
{
    private const string Created = "note.created";
    private const string AnyId = "019a0000-0000-7000-8000-000000000000";

    public static IFault Poison { get; } = new BadEventFault(
        "rabbitmq.poison-message",
        "Puts messages into a queue that are no events at all.",
        "no event at all",
        context => new StrayEvent(
            Created,
            new BasicProperties { DeliveryMode = DeliveryModes.Persistent, Headers = new Dictionary<string, object?> { [StrayEvent.FaultHeader] = context.FaultId } },
            new byte[] { 0x00, 0xFF, 0x13, 0x37 }),
        directly: true);

    public static IReadOnlyList<IFault> Events { get; } =
    [
        new BadEventFault("data.not-json", "Publishes events whose body is cut off in the middle.", "cut off in the middle", context => Json(context, """{"noteId":""")),
        new BadEventFault("data.missing-fields", "Publishes events of a schema that has lost its fields.", "without the fields that it needs", context => Json(context, """{"id":7,"owner":"nobody"}""")),
        new BadEventFault("data.null-fields", "Publishes events whose fields are all null.", "full of nulls", context => Json(context, """{"noteId":null,"ownerId":null,"version":null}""")),
        new BadEventFault("data.wrong-units", "Publishes events whose version is a negative number: the right shape with a meaning that cannot be.", "of a negative version", context => Json(context, $$"""{"noteId":"{{AnyId}}","ownerId":"nobody","version":-1000}""")),
        new BadEventFault(
            "data.oversized-event",
            "Publishes events of 2 MiB each.",
            "of 2 MiB",
            context => Json(context, $$"""{"noteId":"{{AnyId}}","ownerId":"nobody","version":1,"padding":"{{new string('x', 2 * 1024 * 1024)}}"}""")),
        new BadEventFault("data.future-envelope", "Publishes events in a version of CloudEvents that does not exist yet.", "of an unknown version of CloudEvents", context => Json(context, """{"noteId":null}""", "2.0")),
    ];

    public override string Type => type;

    public override string Summary => summary;

    public override string Symptom => "The dead-letter queue grows, each letter with its reason; everything else goes on.";

    public override string Receipt => $"The dead-letter queue of the queue has grown since the first message that was {kind}.";

    public override string Undo => "Publishes no more and takes the fault's own dead letters away, told by their header, when the fault ends, or as soon as RabbitMQ runs again after that; others stay.";

    public override FaultExample Example => new("rabbitmq", ("every", "500ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Queue,
        .. directly ? (FaultParameter[])[] : [Exchange],
        new DurationParameter("every", "Pause between two; 1s when left out.", TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
    ];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var queue = settings.Choice("queue", DefaultQueue);
        var exchange = directly ? "" : settings.Choice("exchange", DefaultExchange);
        await using var look = await AmqpSession.OpenAsync(context.Platform, context.FaultId, Patience, cancellationToken);
        var dead = (await look.LookAtAsync(RemoveDeadLetters.QueueOf(queue), cancellationToken)).MessageCount;
        var loop = new Repeating(
            token => PublishAsync(context, exchange, queue, token), settings.Duration("every") ?? TimeSpan.FromSeconds(1), LeaseOf(context), context.Platform.Time);
        return new FaultPlan
        {
            Undo = [new RemoveDeadLetters(queue)],
            Standing = loop,
            Act = token => BeginAsync(context, loop, queue, dead, token),
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([$"rabbitmq: bad messages published: {loop.Summary}"]),
        };
    }

    private static StrayEvent Json(FaultContext context, string body, string specVersion = "1.0") => StrayEvent.Of(context, Created, Encoding.UTF8.GetBytes(body), specVersion);

    private static async Task<Evidence> BeginAsync(FaultContext context, Repeating loop, string queue, uint before, CancellationToken cancellationToken)
    {
        await using var observer = await AmqpSession.OpenAsync(context.Platform, context.FaultId, 2 * Patience, cancellationToken);
        loop.Start();
        var (dead, took) = await Watch.UntilAsync(
            context.Platform, Patience, async token => (await observer.LookAtAsync(RemoveDeadLetters.QueueOf(queue), token)).MessageCount, count => count > before, cancellationToken);
        return dead > before
            ? Evidence.Seen($"rabbitmq: {dead - before} more dead letters of {queue} {took.TotalMilliseconds:0} ms after the first was published")
            : Evidence.NotSeen($"rabbitmq: no dead letter of {queue} came; {loop.Summary}");
    }

    private async Task PublishAsync(FaultContext context, string exchange, string queue, CancellationToken cancellationToken)
    {
        await using var session = await AmqpSession.OpenAsync(context.Platform, context.FaultId, Patience, cancellationToken);
        var bad = make(context);
        if (!await session.PublishAsync(exchange, directly ? queue : bad.Type, bad.Properties, bad.Body, cancellationToken))
        {
            throw new FaultException("no queue took it");
        }
    }
}

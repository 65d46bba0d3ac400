using Back2Code.Chaos.Faults.Servers;
using RabbitMQ.Client;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary>Events come more than once: as exact copies, or as what a publisher sends who forgot that it had sent them.</summary>
internal sealed class RepeatedDeliveryFault(string type, bool newIds, string summary, string symptom, bool inBatches = false) : RabbitMqFault
{
    public static IFault Exact { get; } = new RepeatedDeliveryFault(
        "rabbitmq.duplicate-delivery",
        newIds: false,
        "Delivers every event of an exchange to a queue again, as RabbitMQ does after a lost acknowledgement.",
        "The consumer counts duplicates and nothing else changes; whoever has no inbox does everything twice.");

    public static IFault Republished { get; } = new RepeatedDeliveryFault(
        "data.republished-event",
        newIds: true,
        "Delivers every event of an exchange to a queue again under a new id, as a publisher does that repeats its work from scratch.",
        "No inbox knows them; only what the event says tells that it has happened before.");

    public static IFault Batch { get; } = new RepeatedDeliveryFault(
        "data.duplicate-batch",
        newIds: false,
        "Delivers all events of an exchange of the last moments to a queue again, together, as a load does that was started twice.",
        "Every so often as many duplicates as there were events: queue latency has a comb of spikes, counts of what is not idempotent jump.",
        inBatches: true);

    public override string Type => type;

    public override string Summary => summary;

    public override string Symptom => symptom;

    public override string Receipt => inBatches
        ? "The broker has confirmed copies, with the ids of the originals, at the end of a batch."
        : $"The broker has confirmed a copy of an event {(newIds ? "under a new id" : "with the id of the original")}.";

    public override string Undo => $"Stops repeating {(newIds ? "under new ids" : "exact copies")} when the fault ends; its own queue goes with its connection, and copies that were delivered stay delivered.";

    public override FaultExample Example => inBatches ? new("rabbitmq", ("every", "2s")) : new("rabbitmq", ("copies", "2"), ("delay", "500ms"));

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
    [
        Queue,
        Exchange,
        Key,
        new NumberParameter("copies", "How often each is repeated; once when left out.", 1, 10),
        inBatches
            ? new DurationParameter("every", "From one batch to the next; 2s when left out.", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            : new DurationParameter("delay", "How much later than the original, so that it comes after younger ones; at once when left out.", TimeSpan.Zero, TimeSpan.FromMinutes(1)),
    ];

    protected override Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var order = new RepeatOrder(
            settings.Choice("queue", DefaultQueue), settings.Choice("exchange", DefaultExchange), settings.Choice("key", DefaultKey),
            (int)settings.Number("copies", 1), settings.Duration("delay") ?? TimeSpan.Zero,
            inBatches ? settings.Duration("every") ?? TimeSpan.FromSeconds(2) : TimeSpan.Zero);
        var repeating = new RepeatedDelivery(context, order, newIds ? Rename : static _ => { }, LeaseOf(context));
        return Task.FromResult(new FaultPlan
        {
            // Nothing to undo on the server: the queue that listens goes with its connection.
            Standing = repeating,
            Act = token => repeating.BeginAsync(Patience, token),
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([FormattableString.Invariant($"rabbitmq: {repeating.Repeated} copies were delivered and confirmed")]),
        });
    }

    private static void Rename(BasicProperties properties)
    {
        var id = Guid.CreateVersion7().ToString();
        properties.MessageId = id;
        properties.Headers ??= new Dictionary<string, object?>();
        properties.Headers["cloudEvents:id"] = id;
    }
}

using System.Globalization;
using Back2Code.Chaos.Faults.Servers;
using RabbitMQ.Client.Exceptions;

namespace Back2Code.Chaos.Faults.RabbitMq;

/// <summary><c>rabbitmq.queue-deleted</c>: a consumer's queue is deleted under it, once or as often as it is declared again.</summary>
internal sealed class QueueDeletedFault : RabbitMqFault
{
    private const string Kept = "kept";

    private static readonly DurationParameter Every =
        new("every", "Looks so often whether the queue is there again, and deletes it; only once when left out.", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));

    public override string Type => "rabbitmq.queue-deleted";

    public override string Summary =>
        "Deletes a queue while events flow. With events=kept it is unbound first and deleted once it is empty, since events that are routed to a queue in its last moment may be lost; refused where another queue takes the same events.";

    public override string Symptom =>
        "The broker cancels the queue's consumers; until one has declared it again, publishers get their events back as unroutable and the outbox grows. With events=lost, what waited never takes effect.";

    public override string Receipt => "The broker has confirmed the deletion with the number of events that went with it, and a look after it finds no such queue or one declared anew.";

    public override string Undo => "Deletes no more, and declares the queue and binds it as they were where no consumer has done so, when the fault ends, or as soon as RabbitMQ runs again after that.";

    public override IReadOnlyList<FaultParameter> Parameters { get; } =
        [Queue, new ChoiceParameter("events", "Either kept, it is unbound and empty before it is deleted; or lost, at once and with all that waits in it.", [Kept, "lost"]), Every];

    protected override async Task<FaultPlan> PrepareAsync(FaultContext context, FaultSettings settings, CancellationToken cancellationToken)
    {
        var queue = settings.Choice("queue", DefaultQueue);
        bool keep = settings.Choice("events", Kept) == Kept;
        var (declaration, sharesEvents) = await QueueDeclaration.ReadAsync(context.Platform, queue, cancellationToken);
        if (keep && sharesEvents is { } other)
        {
            throw new FaultException($"'{other}' brings these events to other queues too. An event that they take counts as delivered, and '{queue}' would miss it for good; events=lost allows for that.");
        }

        var deletions = new Deletions(context.Platform, context.FaultId, declaration, keep);
        var repeating = settings.Duration(Every.Name) is { } every ? new Repeating(deletions.AgainAsync, every, LeaseOf(context), context.Platform.Time) : null;
        return new FaultPlan
        {
            Undo = [declaration],
            Act = async token =>
            {
                var evidence = await deletions.FirstAsync(token);
                repeating?.Start();
                return evidence;
            },
            SumUp = _ => Task.FromResult<IReadOnlyList<string>>([$"rabbitmq: {deletions.InAll}"]),
            Standing = repeating,
        };
    }

    private sealed class Deletions(IFaultTarget platform, string faultId, QueueDeclaration declaration, bool keep)
    {
        private readonly string _queue = declaration.Queue;
        private int _times;
        private long _events;

        public string InAll => string.Create(CultureInfo.InvariantCulture, $"{_queue} was deleted {Volatile.Read(ref _times)} times, and {Interlocked.Read(ref _events)} waiting events with it");

        public async Task<Evidence> FirstAsync(CancellationToken cancellationToken)
        {
            await UnbindAsync(cancellationToken);
            var (events, took) = await Watch.UntilAsync(platform, Patience, TryDeleteAsync, deleted => deleted is not null, cancellationToken);
            if (events is null)
            {
                return Evidence.NotSeen($"rabbitmq: {_queue} was never empty within {Patience.TotalSeconds:0} s, so it was not deleted");
            }

            var found = await ConsumersAsync(cancellationToken) is { } consumers ? FormattableString.Invariant($"one declared anew, with {consumers} consumers") : "no such queue";
            return Evidence.Seen($"rabbitmq: {_queue} was deleted with {events} waiting events after {took.TotalMilliseconds:0} ms; a look after that finds {found}");
        }

        public async Task AgainAsync(CancellationToken cancellationToken)
        {
            // A consumer comes last: before it the queue may not be bound yet.
            if (await ConsumersAsync(cancellationToken) is > 0)
            {
                await UnbindAsync(cancellationToken);
                await Watch.UntilAsync(platform, Patience, TryDeleteAsync, deleted => deleted is not null, cancellationToken);
            }
        }

        /// <summary>Where events are to be kept, none may be on its way when the queue ends.</summary>
        private async Task UnbindAsync(CancellationToken cancellationToken)
        {
            if (!keep)
            {
                return;
            }

            await using var session = await AmqpSession.OpenAsync(platform, faultId, Patience, cancellationToken);
            foreach (var (exchange, key) in declaration.Bindings)
            {
                await session.DoAsync(channel => channel.QueueUnbindAsync(_queue, exchange, key, cancellationToken: cancellationToken));
            }
        }

        /// <returns>How many events went with it; null when something waits in it that is to be kept.</returns>
        private async Task<uint?> TryDeleteAsync(CancellationToken cancellationToken)
        {
            // A refusal closes the channel, so each attempt has a session of its own.
            await using var session = await AmqpSession.OpenAsync(platform, faultId, Patience, cancellationToken);
            try
            {
                uint events = 0;
                await session.DoAsync(async channel => events = await channel.QueueDeleteAsync(_queue, ifUnused: false, ifEmpty: keep, cancellationToken: cancellationToken));
                Interlocked.Increment(ref _times);
                Interlocked.Add(ref _events, events);
                return events;
            }
            catch (FaultException e) when (keep && Code(e) == RabbitMQ.Client.Constants.PreconditionFailed)
            {
                return null;
            }
        }

        /// <returns>How many consumers the queue has; null when there is no such queue.</returns>
        private async Task<uint?> ConsumersAsync(CancellationToken cancellationToken)
        {
            await using var session = await AmqpSession.OpenAsync(platform, faultId, Patience, cancellationToken);
            try
            {
                return (await session.LookAtAsync(_queue, cancellationToken)).ConsumerCount;
            }
            catch (FaultException e) when (Code(e) == RabbitMQ.Client.Constants.NotFound)
            {
                return null;
            }
        }

        private static ushort? Code(FaultException e) => (e.InnerException as OperationInterruptedException)?.ShutdownReason?.ReplyCode;
    }
}

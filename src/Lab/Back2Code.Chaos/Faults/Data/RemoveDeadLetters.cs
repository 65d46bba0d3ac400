using System.Text;
using Back2Code.Chaos.Faults.RabbitMq;
using RabbitMQ.Client;

namespace Back2Code.Chaos.Faults.Data;

/// <summary>Takes a fault's own messages out of the dead letters of a queue; everybody else's stay.</summary>
internal sealed record RemoveDeadLetters(string Queue) : RabbitMqUndo
{
    private static readonly TimeSpan Stragglers = TimeSpan.FromMilliseconds(400);

    internal override bool OutlivesPlatform => true;

    internal override string? NeedsProcess => "rabbitmq";

    public static string QueueOf(string queue) => queue + ".dead";

    protected override async Task<string> ApplyRunningAsync(IFaultTarget platform, UndoRecord record, CancellationToken cancellationToken)
    {
        await using var session = await AmqpSession.OpenAsync(platform, record.FaultId, TimeSpan.FromMinutes(1), cancellationToken);
        var (removed, kept) = (0, 0);
        int found;
        do
        {
            found = 0;

            // Those that stay are held until the end: given back at once, they would come again and again.
            await session.DoAsync(async channel =>
            {
                while (await channel.BasicGetAsync(QueueOf(Queue), autoAck: false, cancellationToken) is { } letter)
                {
                    if (letter.BasicProperties.Headers?.TryGetValue(StrayEvent.FaultHeader, out var whose) == true && whose is byte[] id && Encoding.UTF8.GetString(id) == record.FaultId)
                    {
                        await channel.BasicAckAsync(letter.DeliveryTag, multiple: false, cancellationToken);
                        found++;
                    }
                    else
                    {
                        kept++;
                    }
                }
            });
            removed += found;

            // The last one may still be on its way through the consumer.
            await Task.Delay(Stragglers, platform.Time, cancellationToken);
        }
        while (found > 0);
        return FormattableString.Invariant($"rabbitmq: {removed} dead letters of the fault were removed, {kept} others stay");
    }
}

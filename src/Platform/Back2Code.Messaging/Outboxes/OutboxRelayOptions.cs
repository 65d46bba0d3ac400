using System.ComponentModel.DataAnnotations;

namespace Back2Code.Messaging;

/// <summary>How a relay carries events from the outbox to RabbitMQ.</summary>
public sealed class OutboxRelayOptions
{
    /// <summary>Events taken, published and deleted in one transaction, 1 to 1,000. Default 100.</summary>
    [Range(1, 1000)] public int BatchSize { get; set; } = 100;

    /// <summary>How often the outbox is looked at without a notification, 50 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")] public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time the broker has to confirm a batch, 50 ms to 1 min. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")] public TimeSpan PublishTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Longest pause after failures, 50 ms to 5 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")] public TimeSpan MaxBackoff { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Pause before an event that no queue wanted is offered again, doubled each time up to a minute, 50 ms to 1 h. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")] public TimeSpan UnroutableDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Types of events that are dropped and counted (reason <c>unwanted</c>) when no queue wants them: news that matters only to those who listen already.
    /// Every other event stays in the outbox until a queue wants it, because its consumer may only not have started yet. Default none.
    /// </summary>
    public IReadOnlyCollection<string> DroppedWhenUnroutable { get; set; } = [];
}

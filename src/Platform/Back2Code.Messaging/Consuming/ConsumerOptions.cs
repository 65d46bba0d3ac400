using System.ComponentModel.DataAnnotations;

namespace Back2Code.Messaging;

/// <summary>Which events a consumer takes, and how it tries again.</summary>
public sealed class ConsumerOptions
{
    /// <summary>The queue, for example <c>notifications.notes</c>; its retry and dead-letter queues derive their names from it.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9._-]{0,199}$")] public string Queue { get; set; } = "";

    /// <summary>Event types it takes, as RabbitMQ topic patterns, for example <c>note.*</c>.</summary>
    [Required, MinLength(1)] public IList<string> BindingKeys { get; set; } = [];

    /// <summary>Messages the broker hands out ahead of their acknowledgement, 1 to 1,000. Default 32.</summary>
    [Range(1, 1000)] public int Prefetch { get; set; } = 32;

    /// <summary>Events handled at once, 1 to 64. Default 4. Each takes a background connection to PostgreSQL.</summary>
    [Range(1, 64)] public int Concurrency { get; set; } = 4;

    /// <summary>Pauses before the second, third, … attempt; the attempt after the last one ends in the dead-letter queue. Default 1, 5 and 30 s.</summary>
    [Required, MinLength(1), MaxLength(10)] public IList<TimeSpan> RetryDelays { get; set; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    /// <summary>Time one attempt to handle an event may take, 50 ms to 10 min. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")] public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest pause between looks at an unavailable dependency, 50 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")] public TimeSpan MaxPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest message body in bytes, 1 KiB to 128 MiB; a larger one is a dead letter. Default 1 MiB.</summary>
    [Range(1024, 128 * 1024 * 1024)] public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>How long the inbox remembers an event to recognise its repetition, 1 hour to 1 year. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")] public TimeSpan InboxRetention { get; set; } = TimeSpan.FromDays(7);
}

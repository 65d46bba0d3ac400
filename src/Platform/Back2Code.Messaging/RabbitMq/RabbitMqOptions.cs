using System.ComponentModel.DataAnnotations;

namespace Back2Code.Messaging;

/// <summary>What kind of queues RabbitMQ keeps.</summary>
public enum RabbitMqQueueType
{
    /// <summary>Durable classic queues: right for a single node.</summary>
    Classic,

    /// <summary>Replicated quorum queues: right for a cluster of three or more nodes.</summary>
    Quorum,
}

/// <summary>How a service reaches RabbitMQ.</summary>
public sealed class RabbitMqOptions
{
    /// <summary><c>amqp://user:password@host:port/vhost</c>. Default: <c>ConnectionStrings:RabbitMQ</c> of the configuration.</summary>
    [Required] public string? ConnectionString { get; set; }

    /// <summary>The topic exchange of all events. Default <c>back2code.events</c>.</summary>
    [Required] public string Exchange { get; set; } = "back2code.events";

    /// <summary>Time to connect and to complete one protocol step, 100 ms to 1 min. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")] public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Heartbeat asked of the broker, 1 s to 5 min; a silent connection is closed after twice this time. Default 4 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")] public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(4);

    /// <summary>Longest pause before connecting again, 50 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")] public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Kind of the queues that consumers declare; it cannot be changed for a queue that exists. Default classic: on a single node of
    /// RabbitMQ 3.10 a quorum queue that was declared within about a second of a SIGKILL comes back confirming nothing, for ever.
    /// </summary>
    public RabbitMqQueueType QueueType { get; set; } = RabbitMqQueueType.Classic;
}

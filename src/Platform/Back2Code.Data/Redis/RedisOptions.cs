using System.ComponentModel.DataAnnotations;

namespace Back2Code.Data;

/// <summary>How a <see cref="RedisClient"/> connects, and the bounds it keeps.</summary>
public sealed class RedisOptions
{
    /// <summary>
    /// <c>redis://[user][:password]@host[:port][/database]</c>. Default: <c>ConnectionStrings:Redis</c> of the configuration.
    /// </summary>
    [Required] public string? ConnectionString { get; set; }

    /// <summary>Time to connect, authenticate and switch to RESP3, 50 ms to 30 s. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30")] public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Time a command may wait for its reply, 10 ms to 30 s. Default 250 ms. Replies arrive in order, so the connection
    /// that lets one command wait longer is stalled for all: it is closed and opened again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:30")] public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Commands that may wait for a reply at once, 1 to 1,000,000; the next one fails at once. Default 4,096.</summary>
    [Range(1, 1_000_000)] public int MaxInFlight { get; set; } = 4096;

    /// <summary>Bytes of commands that may wait to be sent, 64 KiB to 1 GiB. Default 32 MiB.</summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)] public int MaxBufferedBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Largest whole reply in bytes, 1 KiB to 512 MiB. Default 16 MiB. A larger one closes the connection.</summary>
    [Range(1024, 512 * 1024 * 1024)] public int MaxReplyBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Deepest nesting of a reply, 1 to 128. Default 16.</summary>
    [Range(1, 128)] public int MaxReplyDepth { get; set; } = 16;

    /// <summary>First pause before connecting again, doubled each time with jitter, 1 ms to 10 s. Default 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:00:10")] public TimeSpan MinReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause before connecting again, 1 ms to 60 s. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")] public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);
}

using System.ComponentModel.DataAnnotations;

namespace Back2Code.ServiceDefaults;

/// <summary>The section <c>Service</c> of a process. Checked when the host starts.</summary>
public sealed class ServiceOptions
{
    /// <summary>Name of the service, the same for all replicas ("notes"). Default: the program's name.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    public string Name { get; set; } = "";

    /// <summary>Name of this replica ("notes-1"). Default: the service's name.</summary>
    [Required, RegularExpression("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    public string Instance { get; set; } = "";

    /// <summary>Largest request body; a larger one gets 413. 1 KiB to 1 GiB, default 1 MiB.</summary>
    [Range(1024, 1024 * 1024 * 1024)]
    public long MaxRequestBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>Largest request header, all fields together; a larger one gets 431 without a body. 1 KiB to 1 MiB, default 32 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxRequestHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Time that a request's header may take. 1 s to 2 min, default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Least bytes a second of a request body, on average; a slower one gets 408. 1 to 1,000,000, default 240.</summary>
    [Range(1, 1_000_000)]
    public int MinRequestBodyBytesPerSecond { get; set; } = 240;

    /// <summary>Time before a body's speed is judged. 2 s to 2 min, default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:02:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan RequestBodyGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections open at once. 1 to 1,000,000, default 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>Time from the wish to stop until requests under way are cut off, the drain delay included. 1 s to 10 min, default 8 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(8);
}

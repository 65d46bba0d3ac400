using System.ComponentModel.DataAnnotations;
using Back2Code.Resilience;

namespace Back2Code.ServiceDefaults;

/// <summary>
/// The section <c>RateLimits</c>: how many requests one service takes from one caller, by all its replicas together where they have a Redis. A token bucket for the address that a
/// request comes from, whoever it claims to be, and one for the user whose token it carries. Checked when the host starts.
/// </summary>
public sealed class RateLimitOptions
{
    /// <summary>Whether requests are counted at all. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Requests a second from one address (IPv6: from one /64), 0.1 to 100,000. Default 2,000: an address may be a company's.</summary>
    [Range(0.1, 100_000)] public double ClientPerSecond { get; set; } = 2_000;

    /// <summary>Requests at once from one address that has been quiet, 1 to 1,000,000. Default 4,000.</summary>
    [Range(1, 1_000_000)] public int ClientBurst { get; set; } = 4_000;

    /// <summary>Requests a second with one user's token, 0.1 to 100,000. Default 500.</summary>
    [Range(0.1, 100_000)] public double UserPerSecond { get; set; } = 500;

    /// <summary>Requests at once with the token of a user who has been quiet, 1 to 1,000,000. Default 1,000.</summary>
    [Range(1, 1_000_000)] public int UserBurst { get; set; } = 1_000;

    /// <summary>
    /// Proxies in front that each append to X-Forwarded-For: the address that counts is this many from the end. 0 to 5; default 0, which trusts no such header.
    /// </summary>
    [Range(0, 5)] public int TrustedProxies { get; set; }

    internal BucketLimit Client => new(ClientPerSecond, ClientBurst);

    internal BucketLimit User => new(UserPerSecond, UserBurst);
}

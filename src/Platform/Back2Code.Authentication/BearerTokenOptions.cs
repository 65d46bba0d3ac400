using System.ComponentModel.DataAnnotations;

namespace Back2Code.Authentication;

/// <summary>Which access tokens are accepted. The host binds its <c>Authentication</c> section. Checked when the host starts.</summary>
public sealed class BearerTokenOptions
{
    /// <summary>Exact value of the tokens' <c>iss</c>.</summary>
    [Required]
    public string Issuer { get; set; } = "";

    /// <summary>Value that the tokens' <c>aud</c> must hold.</summary>
    [Required]
    public string Audience { get; set; } = "";

    /// <summary>File with the public keys (RFC 7517), read again when it changes. This, <see cref="JwksUri"/>, or both.</summary>
    public string? JwksPath { get; set; }

    /// <summary>Address of the public keys. This, <see cref="JwksPath"/>, or both: then the keys of both are good.</summary>
    public Uri? JwksUri { get; set; }

    /// <summary>
    /// File that keeps the keys last fetched from <see cref="JwksUri"/> (mode 0600, replaced whole), so that a process which starts while the issuer is away
    /// still validates. Its folder must exist; each process has a file of its own. Default none.
    /// </summary>
    public string? JwksCachePath { get; set; }

    /// <summary>Age from which on <see cref="JwksCachePath"/> is no longer believed: a key may have been withdrawn since. 1 min to 90 days, default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JwksCacheMaximumAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How far the clocks of issuer and service may differ. 0 to 5 min, default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Age at which keys from <see cref="JwksUri"/> are fetched again, in the background. 1 s to 1 day, default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JwksRefreshInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Least time between two fetches, so that made-up key ids cannot flood the issuer; doubles while fetches fail, up to 1 min. 100 ms to 1 min, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JwksMinimumInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time-out of one fetch. 100 ms to 30 s, default 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30", ParseLimitsInInvariantCulture = true)]
    public TimeSpan JwksTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Validated tokens remembered until they expire, so that a signature is checked once. 0 to 1,000,000, default 10,000.</summary>
    [Range(0, 1_000_000)]
    public int CachedTokens { get; set; } = 10_000;
}

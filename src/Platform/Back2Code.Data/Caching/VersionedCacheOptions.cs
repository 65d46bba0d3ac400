using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Back2Code.Data;

/// <summary>How long a <see cref="VersionedCache"/> trusts and keeps its entries.</summary>
public sealed class VersionedCacheOptions
{
    /// <summary>How long an entry is served without asking its source, 10 ms to 1 day. Default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")] public TimeSpan FreshFor { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How much longer an entry is kept, to be served when its source is unavailable, 0 to 7 days. Default 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")] public TimeSpan StaleFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Share by which <see cref="FreshFor"/> varies at random, 0 to 0.5, so that entries filled together do not expire together. Default 0.1.</summary>
    [Range(0.0, 0.5)] public double Jitter { get; set; } = 0.1;

    /// <summary>How long a removed key rejects older values, 1 s to 1 day. Default 5 min; it must outlast the longest load.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")] public TimeSpan TombstoneFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Keys remembered while Redis cannot be reached, 1 to 1,000,000. Default 10,000. Beyond that the whole cache is
    /// invalidated after reconnection, instead of key by key.
    /// </summary>
    [Range(1, 1_000_000)] public int MaxPendingInvalidations { get; set; } = 10_000;

    /// <summary>Longest time one shared load may take, 10 ms to 5 min. Default 5 s. The callers' own time-outs still apply.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")] public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How values become JSON. Default: web defaults by reflection; set one with a source-generated
    /// <see cref="JsonSerializerOptions.TypeInfoResolver"/> for trimmed programs.
    /// </summary>
    public JsonSerializerOptions SerializerOptions { get; set; } = JsonSerializerOptions.Web;
}

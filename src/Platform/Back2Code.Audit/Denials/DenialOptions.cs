using System.ComponentModel.DataAnnotations;

namespace Back2Code.Audit;

/// <summary>How denials are gathered and written.</summary>
public sealed class DenialOptions
{
    /// <summary>Identical denials within this time become one record with a count, 100 ms to 1 min. Default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")] public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Records that wait at most, 10 to 100,000. Default 2,000, about a megabyte. A denial that finds no room is counted, and the count becomes
    /// a record itself (<c>audit.denials-dropped</c>) when there is room again.
    /// </summary>
    [Range(10, 100_000)] public int MaxWaiting { get; set; } = 2_000;

    /// <summary>Records of one transaction, 1 to 1,000. Default 200.</summary>
    [Range(1, 1_000)] public int BatchSize { get; set; } = 200;
}

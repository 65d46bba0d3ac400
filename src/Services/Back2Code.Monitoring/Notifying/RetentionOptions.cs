using System.ComponentModel.DataAnnotations;

namespace Back2Code.Monitoring.Notifying;

/// <summary>The section <c>Monitoring:Retention</c>: how much is kept of what only grows.</summary>
internal sealed class RetentionOptions
{
    /// <summary>Alerts that ended longer ago leave the history, 1 day to 10 years. Default 395 days: a year and a month, to compare with the same month of last year.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan AlertsFor { get; set; } = TimeSpan.FromDays(395);

    /// <summary>Alerts in the history, 1,000 to 100,000,000; the oldest that have ended leave it. Default 1,000,000, about a gigabyte.</summary>
    [Range(1_000, 100_000_000)] public int Alerts { get; set; } = 1_000_000;

    /// <summary>Size at which a log is rotated, 64 KiB to 1 GiB. Default 64 MiB. A batch is not divided: a storm may make a file larger once.</summary>
    [Range(64 << 10, 1 << 30)] public int LogBytes { get; set; } = 64 << 20;

    /// <summary>Files of a log that are kept, the present one included, 2 to 1,000. Default 8.</summary>
    [Range(2, 1_000)] public int LogFiles { get; set; } = 8;

    /// <summary>Age at which a file of a log is deleted, 1 day to 10 years. Default 395 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan LogFor { get; set; } = TimeSpan.FromDays(395);

    /// <summary>Time from one look to the next, 1 s to 1 day. Default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Every { get; set; } = TimeSpan.FromHours(1);
}

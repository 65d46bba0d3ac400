using System.ComponentModel.DataAnnotations;

namespace Back2Code.Monitoring.Watchdog;

/// <summary>The section <c>Monitoring:Watchdog</c>.</summary>
internal sealed class WatchdogOptions
{
    /// <summary>
    /// Silence after which monitoring calls itself blind: three times Alertmanager's repeat_interval for the Watchdog. 1 s to 1 hour; null: nothing is expected.
    /// Default null, because nobody but the operator knows whether a Watchdog is sent here.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan? SilentFor { get; set; }

    /// <summary>Time after the start in which the first one may still be on its way. 0 to 1 hour, default 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StartGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Alertmanager's address, to ask it whether alerts that we take to fire still do; null: it is not asked.</summary>
    public Uri? AlertmanagerUrl { get; set; }

    /// <summary>How often it is asked, 1 s to 1 hour. Default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CompareEvery { get; set; } = TimeSpan.FromSeconds(30);
}

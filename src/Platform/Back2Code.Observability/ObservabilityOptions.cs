using System.ComponentModel.DataAnnotations;

namespace Back2Code.Observability;

/// <summary>Intervals and limits of health and metrics. Checked when the host starts.</summary>
public sealed class ObservabilityOptions
{
    /// <summary>Time between two probes of a dependency. 100 ms to 1 min, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A dependency that has not answered a probe after this long is down. 10 ms to 1 min, default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long <c>/health/ready</c> answers 503 before the listener closes, so that the gateway stops sending first.
    /// At least two of the gateway's check intervals. 0 to 1 min, default 1 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan DrainDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Label combinations kept for one instrument; what exceeds them is summed under <c>otel_metric_overflow="true"</c>. 10 to 100,000, default 500.</summary>
    [Range(10, 100_000)]
    public int MaxSeriesPerInstrument { get; set; } = 500;
}

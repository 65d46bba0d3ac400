using System.ComponentModel.DataAnnotations;

namespace Back2Code.Monitoring;

/// <summary>The section <c>Monitoring</c> of the configuration, checked at start.</summary>
internal sealed class MonitoringOptions
{
    /// <summary>Folder for what Alertmanager told us, until PostgreSQL has it. Made if it is missing.</summary>
    [Required] public string SpoolDirectory { get; set; } = "";

    /// <summary>Bearer token that Alertmanager must send.</summary>
    [Required, MinLength(16)] public string WebhookToken { get; set; } = "";

    /// <summary>UDP port for the gateway's log lines, 0 for any free one; null: no log is received.</summary>
    [Range(0, 65_535)] public int? GatewayLogPort { get; set; }

    /// <summary>The gateway's backends whose metrics exist before their first request, at most 16. Default: all services of the platform.</summary>
    [MaxLength(16)] public string[] GatewayBackends { get; set; } = ["identity", "notes", "notifications", "monitoring"];

    /// <summary>Largest body of a notification, 1 KiB to 64 MiB. Default 8 MiB, room for 10,000 alerts.</summary>
    [Range(1 << 10, 1 << 26)] public int WebhookBodyLimitBytes { get; set; } = 8 << 20;

    /// <summary>
    /// An alert that starts within this time after an incident ended continues it: an alert that flaps is one incident, not twenty.
    /// 0 to 1 hour, default 10 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan ReopenWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Size at which a spool segment is closed and the next begins with a snapshot, 4 KiB to 1 GiB. Default 8 MiB.</summary>
    [Range(4 << 10, 1 << 30)] public int SpoolSegmentBytes { get; set; } = 8 << 20;

    /// <summary>Segments kept, 1 to 100. Only the newest is needed to start; older ones are evidence. Default 4.</summary>
    [Range(1, 100)] public int SpoolSegments { get; set; } = 4;

    /// <summary>Folder of the OpenSLO files that Prometheus' rules are generated from; null: there are no budgets to tell.</summary>
    public string? SlosDirectory { get; set; }

    /// <summary>What the rules' windows are divided by: 1 in production, 720 in the lab. 1 to 100,000, default 1.</summary>
    [Range(1, 100_000)] public double SloTimeScale { get; set; } = 1;

    /// <summary>Address of Prometheus; null: neither budgets nor checks that need it.</summary>
    [Url] public string? PrometheusUrl { get; set; }

    /// <summary>Time between two rounds of health checks, 1 s to 1 day. Default 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan HealthInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>File for the append-only log of alerts, JSON lines; null: no log is written.</summary>
    public string? AlertLogPath { get; set; }

    /// <summary>File for what a pager would be sent, JSON lines, one for each message that calls somebody; null: none is written.</summary>
    public string? PagerLogPath { get; set; }

    /// <summary>A deploy or fault belongs to an incident that begins within this time after it. 1 s to 1 day, default 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan EventLookback { get; set; } = TimeSpan.FromHours(1);
}

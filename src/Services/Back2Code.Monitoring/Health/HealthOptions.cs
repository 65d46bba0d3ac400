using System.ComponentModel.DataAnnotations;

namespace Back2Code.Monitoring.Health;

/// <summary>The section <c>Monitoring:Health</c>: what is looked at, and from where on it is worth a warning. Checked at start.</summary>
internal sealed class HealthOptions : IValidatableObject
{
    /// <summary>Time that one check has, 100 ms to 1 min; beyond it, its state is unknown. Default 3 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether the page <c>/status</c> is served. It is open to anybody who can reach the gateway. Default true.</summary>
    public bool StatusPage { get; set; } = true;

    /// <summary>Folders on the file systems that must not fill up, as <c>NAME=PATH</c> or a path, which is called by its last part. Default: the spool's.</summary>
    public IReadOnlyList<string> DiskPaths { get; set; } = [];

    /// <summary>
    /// Certificates: paths of PEM files, or <c>host:port</c> of TLS servers, with <c>NAME=</c> before them or not: a file is then called by its name, a server
    /// by its place in the list. Default: none.
    /// </summary>
    public IReadOnlyList<string> Certificates { get; set; } = [];

    /// <summary>Folder that backups are put in, or a file that is renewed by each; the newest file's time counts. Default: none.</summary>
    public string? BackupPath { get; set; }

    /// <summary>RabbitMQ's metrics address (its plugin rabbitmq_prometheus), for example <c>http://rabbitmq:15692</c>. Default: none.</summary>
    [Url] public string? RabbitMqMetricsUrl { get; set; }

    /// <summary>Age beyond which a sample of Prometheus tells nothing any more, 2 s to 1 h: several scrape intervals. Default 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan SampleAge { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Standby servers that PostgreSQL must have, 0 to 100. Default 0: none is asked for.</summary>
    [Range(0, 100)] public int ExpectedStandbys { get; set; }

    /// <summary>Share of a disk in use, 0.1 to 1. Default 0.85.</summary>
    [Range(0.1, 1)] public double DiskUsedWarning { get; set; } = 0.85;

    /// <summary>Share of a disk in use, 0.1 to 1. Default 0.95.</summary>
    [Range(0.1, 1)] public double DiskUsedCritical { get; set; } = 0.95;

    /// <summary>Share of the memory in use, 0.1 to 1. Default 0.9.</summary>
    [Range(0.1, 1)] public double MemoryUsedWarning { get; set; } = 0.9;

    /// <summary>Share of the memory in use, 0.1 to 1. Default 0.97.</summary>
    [Range(0.1, 1)] public double MemoryUsedCritical { get; set; } = 0.97;

    /// <summary>Days that a certificate has left, 0 to 365. Default 21.</summary>
    [Range(0, 365)] public double CertificateDaysWarning { get; set; } = 21;

    /// <summary>Days that a certificate has left, 0 to 365, less than the warning's. Default 7.</summary>
    [Range(0, 365)] public double CertificateDaysCritical { get; set; } = 7;

    /// <summary>Share of PostgreSQL's connections in use, 0.1 to 1. Default 0.8.</summary>
    [Range(0.1, 1)] public double ConnectionsUsedWarning { get; set; } = 0.8;

    /// <summary>Share of PostgreSQL's connections in use, 0.1 to 1. Default 0.95.</summary>
    [Range(0.1, 1)] public double ConnectionsUsedCritical { get; set; } = 0.95;

    /// <summary>Seconds that a standby is behind, 0.1 to 86,400. Default 10.</summary>
    [Range(0.1, 86_400)] public double ReplicationLagSecondsWarning { get; set; } = 10;

    /// <summary>Seconds that a standby is behind, 0.1 to 86,400. Default 60.</summary>
    [Range(0.1, 86_400)] public double ReplicationLagSecondsCritical { get; set; } = 60;

    /// <summary>Bytes of write-ahead log that a standby or a replication slot keeps from being removed, 1 MiB to 1 TiB. Default 512 MiB.</summary>
    [Range(1d * (1 << 20), 1d * (1L << 40))] public double RetainedWalBytesWarning { get; set; } = 512d * (1 << 20);

    /// <summary>Bytes of write-ahead log that a standby or a replication slot keeps from being removed, 1 MiB to 1 TiB. Default 4 GiB.</summary>
    [Range(1d * (1 << 20), 1d * (1L << 40))] public double RetainedWalBytesCritical { get; set; } = 4d * (1L << 30);

    /// <summary>Age of the oldest transaction in seconds, 1 to 86,400. Default 60.</summary>
    [Range(1, 86_400)] public double TransactionSecondsWarning { get; set; } = 60;

    /// <summary>Age of the oldest transaction in seconds, 1 to 86,400. Default 600.</summary>
    [Range(1, 86_400)] public double TransactionSecondsCritical { get; set; } = 600;

    /// <summary>Seconds that somebody has waited for a lock, 0.1 to 3,600. Default 5.</summary>
    [Range(0.1, 3_600)] public double LockWaitSecondsWarning { get; set; } = 5;

    /// <summary>Seconds that somebody has waited for a lock, 0.1 to 3,600. Default 30.</summary>
    [Range(0.1, 3_600)] public double LockWaitSecondsCritical { get; set; } = 30;

    /// <summary>Share of dead rows in a table, 0.01 to 1. Default 0.4.</summary>
    [Range(0.01, 1)] public double DeadRowsWarning { get; set; } = 0.4;

    /// <summary>Share of dead rows in a table, 0.01 to 1. Default 0.7.</summary>
    [Range(0.01, 1)] public double DeadRowsCritical { get; set; } = 0.7;

    /// <summary>Dead rows that a table must have before their share counts, 0 to a billion: small tables are rewritten all the time. Default 10,000.</summary>
    [Range(0, 1_000_000_000)] public long DeadRowsMinimum { get; set; } = 10_000;

    /// <summary>Share of the transaction ids in use before PostgreSQL stops taking writes, 0.1 to 1. Default 0.4; autovacuum acts at 0.1.</summary>
    [Range(0.1, 1)] public double TransactionIdsWarning { get; set; } = 0.4;

    /// <summary>Share of the transaction ids in use, 0.1 to 1. Default 0.8.</summary>
    [Range(0.1, 1)] public double TransactionIdsCritical { get; set; } = 0.8;

    /// <summary>Share of Redis' memory limit in use, 0.1 to 1. Default 0.8.</summary>
    [Range(0.1, 1)] public double RedisUsedWarning { get; set; } = 0.8;

    /// <summary>Share of Redis' memory limit in use, 0.1 to 1. Default 0.95.</summary>
    [Range(0.1, 1)] public double RedisUsedCritical { get; set; } = 0.95;

    /// <summary>Messages in a queue, 1 to a billion. Default 5,000.</summary>
    [Range(1, 1_000_000_000)] public double QueueDepthWarning { get; set; } = 5_000;

    /// <summary>Messages in a queue, 1 to a billion. Default 50,000.</summary>
    [Range(1, 1_000_000_000)] public double QueueDepthCritical { get; set; } = 50_000;

    /// <summary>Messages in a dead-letter queue (named <c>….dead</c>), 1 to a billion. Default 1: each waits for somebody.</summary>
    [Range(1, 1_000_000_000)] public double DeadLettersWarning { get; set; } = 1;

    /// <summary>Messages in a dead-letter queue, 1 to a billion. Default 100.</summary>
    [Range(1, 1_000_000_000)] public double DeadLettersCritical { get; set; } = 100;

    /// <summary>Age of the oldest event in an outbox in seconds, 1 to 86,400. Default 60.</summary>
    [Range(1, 86_400)] public double OutboxSecondsWarning { get; set; } = 60;

    /// <summary>Age of the oldest event in an outbox in seconds, 1 to 86,400. Default 300.</summary>
    [Range(1, 86_400)] public double OutboxSecondsCritical { get; set; } = 300;

    /// <summary>Hours since the newest backup, 0.01 to 10,000. Default 26: a day, and two hours to make it.</summary>
    [Range(0.01, 10_000)] public double BackupHoursWarning { get; set; } = 26;

    /// <summary>Hours since the newest backup, 0.01 to 10,000. Default 50.</summary>
    [Range(0.01, 10_000)] public double BackupHoursCritical { get; set; } = 50;

    /// <summary>A warning must come before the critical state, or it would never be seen.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var warning in GetType().GetProperties().Where(p => p.Name.EndsWith("Warning", StringComparison.Ordinal)))
        {
            string stem = warning.Name[..^"Warning".Length];
            double warns = (double)warning.GetValue(this)!, alarms = (double)GetType().GetProperty(stem + "Critical")!.GetValue(this)!;
            bool lessIsWorse = stem == "CertificateDays";
            if (lessIsWorse ? warns <= alarms : warns >= alarms)
            {
                yield return new ValidationResult($"{stem}Warning is {warns} and {stem}Critical {alarms}; the warning must come {(lessIsWorse ? "above" : "below")} it.", [warning.Name]);
            }
        }
    }
}

using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Spool;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>A book that is told about alerts in seconds from a fixed start.</summary>
internal sealed class Notifications
{
    public static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private int _records;

    public IncidentBook Book { get; } = new(reopenWithin: TimeSpan.FromSeconds(10));

    public List<SpoolRecord> Records { get; } = [];

    public Incident Only => Assert.Single(Book.All);

    public static DateTimeOffset At(double second) => Start.AddSeconds(second);

    public static Alert Firing(string name, double from, Severity severity = Severity.Warning, string instance = "a", string? group = null) => new()
    {
        Fingerprint = $"{name}{instance}",
        Name = name,
        Severity = severity,
        StartsAt = At(from),
        Labels = new Dictionary<string, string>
        {
            ["alertname"] = name, ["instance"] = instance, ["incident_group"] = group ?? "",
        },
        Annotations = new Dictionary<string, string> { ["summary"] = name + " summary" },
    };

    public static Alert Resolved(string name, double from, double to, Severity severity = Severity.Warning, string instance = "a") =>
        Firing(name, from, severity, instance) with { EndsAt = At(to) };

    public Notifications Tell(double second, params Alert[] alerts)
    {
        var record = new SpoolRecord(Guid.Parse($"00000000-0000-7000-8000-{++_records:D12}"), At(second), Alerts: alerts);
        Records.Add(record);
        Book.Apply(record);
        return this;
    }
}

using Back2Code.Monitoring;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;
using Back2Code.Monitoring.Spool;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Back2Code.UnitTests.Monitoring;

/// <summary>A book that is told about alerts in seconds from a fixed start.</summary>
internal sealed class Notifications
{
    public static readonly DateTimeOffset Start = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private int _records;

    public IncidentBook Book { get; } = new(reopenWithin: TimeSpan.FromSeconds(10), eventLookback: TimeSpan.FromMinutes(1));

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

    /// <summary>A desk whose spool lies in a folder of the test's.</summary>
    public static IncidentDesk DeskIn(string folder, TimeProvider time, params IReadOnlyList<IChannel> channels) => new(
        Options.Create(new MonitoringOptions { SpoolDirectory = folder, WebhookToken = "test-only-webhook-token" }),
        new ChannelList(channels), new SteadyClock(time), new ActRecorder(new EventTarget(HasBroker: true), time), NullLogger<IncidentDesk>.Instance, NullLogger<AlertSpool>.Instance);

    /// <summary>What the channels would be told, in order.</summary>
    public List<Notice> News { get; } = [];

    public Notifications Tell(double second, params Alert[] alerts) => Apply(Record(second) with { Alerts = alerts });

    /// <summary>Somebody changes the only incident.</summary>
    public Notifications Change(double second, IncidentChangeKind kind, double? at = null, string by = "ada") =>
        Apply(Record(second) with { Change = new IncidentChange(Only.Id, kind, At(at ?? second), by) });

    public Notifications Happen(double second, string kind, double at, string text = "something") =>
        Apply(Record(second) with { Event = new PlatformEvent(At(at), At(second), kind, text, null, null, "lab") });

    public Notifications Apply(SpoolRecord record)
    {
        Records.Add(record);
        News.AddRange(Book.Apply(record));
        return this;
    }

    public SpoolRecord Record(double second) => new(Guid.Parse($"00000000-0000-7000-8000-{++_records:D12}"), At(second));
}

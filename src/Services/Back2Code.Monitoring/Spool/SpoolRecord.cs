using System.Text.Json.Serialization;
using Back2Code.Audit;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;
using Back2Code.Monitoring.Notifying;

namespace Back2Code.Monitoring.Spool;

/// <summary>
/// One line of the spool: something that happened (a notification, a change by hand, an event, a delivery), or the state as it stood (the snapshot that
/// begins a segment, and incidents found in PostgreSQL).
/// </summary>
internal sealed record SpoolRecord(
    Guid Id,
    DateTimeOffset ReceivedAt,
    IReadOnlyList<Alert>? Alerts = null,
    IReadOnlyList<Incident>? Incidents = null)
{
    /// <summary>Who is to be told of what this record changes.</summary>
    public IReadOnlyList<Subscription>? Channels { get; init; }

    public IncidentChange? Change { get; init; }

    public PlatformEvent? Event { get; init; }

    /// <summary>Who asked for the change or told the event, as the audit trail will have it; null: nobody did.</summary>
    public AuditRecord? Audit { get; init; }

    public Delivery? Delivered { get; init; }

    public RecordedActs? Recorded { get; init; }

    /// <summary>Set in a snapshot, and only there.</summary>
    public IReadOnlyList<PendingNotice>? Pending { get; init; }

    public IReadOnlyList<PlatformEvent>? Events { get; init; }

    public IReadOnlyList<LooseAlert>? LooseAlerts { get; init; }

    public IReadOnlyList<Act>? Acts { get; init; }
}

/// <summary>A channel has told these, or given up on them.</summary>
internal sealed record Delivery(string Channel, IReadOnlyList<Guid> Notices);

/// <summary>The outbox has these for the audit trail.</summary>
/// <param name="Incident">Which they changed; null: none.</param>
/// <param name="Acts">Their ids.</param>
internal sealed record RecordedActs(Guid? Incident, IReadOnlyList<Guid> Acts);

/// <summary>An alert that stands in no incident's list: of severity info, or one more than the incident has room for.</summary>
internal sealed record LooseAlert(Guid? Incident, AlertEpisode Episode);

[JsonSerializable(typeof(SpoolRecord))]
[JsonSerializable(typeof(AlertmanagerNotification))]
[JsonSerializable(typeof(IReadOnlyList<AlertEpisode>))]
[JsonSerializable(typeof(IReadOnlyList<TimelineEntry>))]
[JsonSerializable(typeof(IReadOnlyList<ActionItem>))]
[JsonSerializable(typeof(IncidentDetails))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
internal sealed partial class MonitoringJson : JsonSerializerContext;

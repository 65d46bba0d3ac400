using System.Text.Json.Serialization;
using Back2Code.Monitoring.Alerts;
using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Spool;

/// <summary>One line of the spool: a notification, or incidents as they stood (the snapshot that begins a segment, and those found in PostgreSQL).</summary>
internal sealed record SpoolRecord(
    Guid Id,
    DateTimeOffset ReceivedAt,
    IReadOnlyList<Alert>? Alerts = null,
    IReadOnlyList<Incident>? Incidents = null);

[JsonSerializable(typeof(SpoolRecord))]
[JsonSerializable(typeof(AlertmanagerNotification))]
[JsonSerializable(typeof(IReadOnlyList<AlertEpisode>))]
[JsonSerializable(typeof(IReadOnlyList<TimelineEntry>))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
internal sealed partial class MonitoringJson : JsonSerializerContext;

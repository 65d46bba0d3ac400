namespace Back2Code.Monitoring.Incidents;

/// <summary>
/// How fast it went, in seconds. MTTD, MTTA and MTTR count from the beginning, which only a revealed fault or a person can tell, and are null without it;
/// the others count from detection. docs/incidents.md defines each with the time stamps that it comes from.
/// </summary>
/// <param name="StartedAt">When it began: told by a person, or the last fault that was revealed before detection.</param>
/// <param name="StartedAtSource">person, fault or null.</param>
/// <param name="DetectedAt">When the first alert arrived, or when somebody opened the incident by hand.</param>
public sealed record IncidentMeasures(
    DateTimeOffset? StartedAt,
    string? StartedAtSource,
    DateTimeOffset? DetectedAt,
    double? MttdSeconds,
    double? MttaSeconds,
    double? MttrSeconds,
    double? DetectedToAcknowledgedSeconds,
    double? DetectedToMitigatedSeconds,
    double? DetectedToResolvedSeconds,
    DetectionLag? Detection)
{
    internal static IncidentMeasures Of(Incident incident)
    {
        DateTimeOffset? detectedAt = DetectionOf(incident);
        DateTimeOffset? faultAt = FaultOf(incident);
        DateTimeOffset? startedAt = incident.StartedAt ?? faultAt;
        DateTimeOffset? restoredAt = incident.MitigatedAt < incident.ResolvedAt ? incident.MitigatedAt : incident.ResolvedAt ?? incident.MitigatedAt;
        return new IncidentMeasures(
            startedAt,
            incident.StartedAt is not null ? "person" : faultAt is not null ? "fault" : null,
            detectedAt,
            Seconds(startedAt, detectedAt),
            Seconds(startedAt, incident.AcknowledgedAt),
            Seconds(startedAt, restoredAt),
            Seconds(detectedAt, incident.AcknowledgedAt),
            Seconds(detectedAt, incident.MitigatedAt),
            Seconds(detectedAt, incident.ResolvedAt),
            DetectionLag.Of(incident, startedAt));
    }

    /// <summary>The fault that explains the detection: the last one revealed that took effect before it.</summary>
    internal static DateTimeOffset? FaultOf(Incident incident) => incident.Timeline
        .Where(t => t.Kind == PlatformEvent.FaultInjected && t.At <= (DetectionOf(incident) ?? incident.OpenedAt))
        .Select(t => (DateTimeOffset?)t.At).Max();

    /// <summary>When the first of us knew: the first alert arrived, or somebody opened it by hand. An alert that joins later with an earlier start moves the beginning, not this.</summary>
    private static DateTimeOffset? DetectionOf(Incident incident)
    {
        DateTimeOffset? told = incident.FirstAlert?.ReceivedAt;
        DateTimeOffset? opened = incident.OpenedBy is null ? null : incident.Timeline.FirstOrDefault(t => t.Kind == "incident.opened")?.At ?? incident.OpenedAt;
        return opened is null || told < opened ? told : opened;
    }

    /// <summary>Null when either end is unknown, or when they contradict each other: no number is better than a wrong one.</summary>
    internal static double? Seconds(DateTimeOffset? from, DateTimeOffset? to) =>
        to - from is { } span && span >= TimeSpan.Zero ? Math.Round(span.TotalSeconds, 3) : null;
}

/// <summary>Where the time to detection went, in seconds. Where all are known, they add up to MTTD.</summary>
/// <param name="TelemetrySeconds">From the beginning to the scrape that first showed it.</param>
/// <param name="WindowSeconds">From there to the scrape that made the rule's condition true: the window filling up, and `for`.</param>
/// <param name="EvaluationSeconds">From there to the evaluation that fired, which is the alert's startsAt.</param>
/// <param name="NotificationSeconds">From there to the arrival here, through Prometheus' queue and Alertmanager.</param>
public sealed record DetectionLag(double? TelemetrySeconds, double? WindowSeconds, double? EvaluationSeconds, double? NotificationSeconds)
{
    internal static DetectionLag? Of(Incident incident, DateTimeOffset? startedAt)
    {
        if (incident.FirstAlert is not { } first)
        {
            return null;
        }

        DetectionEvidence? evidence = incident.Detection;
        return new DetectionLag(
            IncidentMeasures.Seconds(startedAt, evidence?.VisibleAt),
            IncidentMeasures.Seconds(evidence?.VisibleAt, evidence?.SufficientAt),
            IncidentMeasures.Seconds(evidence?.SufficientAt, evidence?.FiredAt),
            IncidentMeasures.Seconds(first.StartsAt, first.ReceivedAt));
    }
}

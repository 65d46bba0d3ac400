namespace Back2Code.Monitoring.Incidents;

/// <summary>An incident as clients see it.</summary>
public sealed record IncidentView(
    Guid Id,
    string Title,
    string Severity,
    string State,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt,
    IReadOnlyList<IncidentAlertView> Alerts,
    IReadOnlyList<IncidentTimelineView> Timeline)
{
    internal static IncidentView From(Incident incident) => new(
        incident.Id,
        incident.Title,
        IncidentChanges.Text(incident.Severity),
        IncidentStore.Text(incident.State),
        incident.OpenedAt,
        incident.ResolvedAt,
        [.. incident.Alerts.Select(IncidentAlertView.From)],
        [.. incident.Timeline.OrderBy(t => t.At).Select(t => new IncidentTimelineView(t.At, t.RecordedAt, t.Kind, t.Text))]);
}

/// <summary>One time that an alert fired.</summary>
public sealed record IncidentAlertView(
    string Name,
    string Fingerprint,
    string Severity,
    string? Instance,
    DateTimeOffset StartsAt,
    DateTimeOffset? EndsAt,
    DateTimeOffset ReceivedAt,
    DateTimeOffset? ResolvedReceivedAt,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations)
{
    internal static IncidentAlertView From(AlertEpisode alert) => new(
        alert.Name,
        alert.Fingerprint,
        IncidentChanges.Text(alert.Severity),
        alert.Instance,
        alert.StartsAt,
        alert.EndsAt,
        alert.ReceivedAt,
        alert.ResolvedReceivedAt,
        alert.Labels,
        alert.Annotations);
}

/// <summary>One thing that happened: <paramref name="At"/> when it did, <paramref name="RecordedAt"/> when it became known.</summary>
public sealed record IncidentTimelineView(DateTimeOffset At, DateTimeOffset RecordedAt, string Kind, string Text);

/// <summary>One page, newest first.</summary>
/// <param name="Items">The incidents.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
/// <param name="Complete">False while PostgreSQL is away: then only what is in memory is listed, all open incidents among it.</param>
public sealed record IncidentPage(IReadOnlyList<IncidentView> Items, string? Next, bool Complete);

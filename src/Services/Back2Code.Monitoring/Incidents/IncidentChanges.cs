using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What can happen to an incident. Pure: each returns the changed incident.</summary>
internal static class IncidentChanges
{
    // An alert storm must not grow one incident without bound. Ended episodes give way first; the time line stops listing single alerts.
    public const int MaximumAlerts = 2_000;
    private const int MaximumTimeline = 1_000;

    public static Incident Open(Guid id, string group, Alert first, DateTimeOffset recordedAt) => Note(
        new Incident
        {
            Id = id,
            Group = group,
            Title = "",
            Severity = Severity.Info,
            State = IncidentState.Open,
            OpenedAt = first.StartsAt,
            Revision = 0,
        },
        first.StartsAt,
        recordedAt,
        "incident.opened",
        $"Opened by {first.Name}");

    public static Incident Reopen(Incident incident, Alert alert, DateTimeOffset recordedAt) => Note(
        incident with { State = IncidentState.Open, ResolvedAt = null },
        alert.StartsAt,
        recordedAt,
        "incident.reopened",
        $"{alert.Name} fires again before the incident has been quiet for long");

    /// <summary>False when the incident is full of active alerts: one more would tell nothing that 2,000 do not.</summary>
    public static bool HasRoom(Incident incident) => incident.Alerts.Count < MaximumAlerts || incident.Alerts.Exists(a => !a.IsActive);

    /// <summary>Adds an episode; there must be room. One that has ended already (its start was never notified) counts as well: it is evidence.</summary>
    public static Incident Add(Incident incident, Alert alert, DateTimeOffset recordedAt)
    {
        if (incident.Alerts.Count >= MaximumAlerts)
        {
            incident = incident with { Alerts = incident.Alerts.RemoveAt(incident.Alerts.FindIndex(a => !a.IsActive)) };
        }

        var episode = new AlertEpisode
        {
            Name = alert.Name,
            Fingerprint = alert.Fingerprint,
            Severity = alert.Severity,
            Instance = alert.Labels.GetValueOrDefault("instance"),
            StartsAt = alert.StartsAt,
            EndsAt = alert.EndsAt,
            ReceivedAt = recordedAt,
            ResolvedReceivedAt = alert.EndsAt is null ? null : recordedAt,
            Labels = alert.Labels,
            Annotations = alert.Annotations,
        };
        bool raises = incident.Alerts.IsEmpty || episode.Severity > incident.Severity;
        bool isFirst = incident.Alerts.IsEmpty;
        incident = incident with
        {
            Alerts = incident.Alerts.Add(episode),
            OpenedAt = episode.StartsAt < incident.OpenedAt ? episode.StartsAt : incident.OpenedAt,
            Severity = raises ? episode.Severity : incident.Severity,
            Title = raises ? episode.Summary : incident.Title,
        };
        incident = Note(incident, episode.StartsAt, recordedAt, "alert.firing", Named(episode, "fires"));
        if (raises && !isFirst)
        {
            incident = Note(incident, episode.StartsAt, recordedAt, "incident.severity", $"Severity is now {Text(episode.Severity)}");
        }

        return episode.EndsAt is { } endsAt ? Note(incident, endsAt, recordedAt, "alert.resolved", Named(episode, "has ended")) : incident;
    }

    public static Incident End(Incident incident, AlertEpisode episode, DateTimeOffset endsAt, DateTimeOffset recordedAt) => Note(
        incident with { Alerts = incident.Alerts.Replace(episode, episode with { EndsAt = endsAt, ResolvedReceivedAt = recordedAt }) },
        endsAt,
        recordedAt,
        "alert.resolved",
        Named(episode, "has ended"));

    /// <summary>No alert is active any more: the incident ended when the last of them did.</summary>
    public static Incident Resolve(Incident incident, DateTimeOffset recordedAt)
    {
        DateTimeOffset resolvedAt = incident.Alerts.Max(a => a.EndsAt) ?? recordedAt;
        return Note(
            incident with { State = IncidentState.Resolved, ResolvedAt = resolvedAt },
            resolvedAt,
            recordedAt,
            "incident.resolved",
            "No alert is active any more");
    }

    public static string Text(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Error => "error",
        Severity.Info => "info",
        _ => "warning",
    };

    private static string Named(AlertEpisode episode, string verb)
    {
        string where = episode.Instance is { Length: > 0 } instance ? $" on {instance}" : "";
        return $"{episode.Name}{where} ({Text(episode.Severity)}) {verb}: {episode.Summary}";
    }

    private static Incident Note(Incident incident, DateTimeOffset at, DateTimeOffset recordedAt, string kind, string text)
    {
        incident = incident with { Revision = incident.Revision + 1 };
        bool isAlert = kind.StartsWith("alert.", StringComparison.Ordinal);
        return incident.Timeline.Count >= (isAlert ? MaximumTimeline : 2 * MaximumTimeline)
            ? incident
            : incident with { Timeline = incident.Timeline.Add(new TimelineEntry(at, recordedAt, kind, text)) };
    }
}

using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What can happen to an incident. Pure: each returns the changed incident.</summary>
internal static class IncidentChanges
{
    // An alert storm must not grow one incident without bound. Ended episodes give way first; the time line stops listing single alerts.
    public const int MaximumAlerts = 2_000;
    public const int MaximumActions = 100;
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

    /// <summary>Work that had begun goes on: who has acknowledged an alert that flaps is not asked again. A mitigation that did not hold is none.</summary>
    public static Incident Reopen(Incident incident, Alert alert, DateTimeOffset recordedAt) => Note(
        incident with
        {
            State = incident.AcknowledgedAt is null ? IncidentState.Open : IncidentState.Acknowledged,
            ResolvedAt = null,
            ResolvedBy = null,
            MitigatedAt = null,
        },
        alert.StartsAt,
        recordedAt,
        "incident.reopened",
        $"{alert.Name} fires again before the incident has been quiet for long");

    /// <summary>False when the incident is full of active alerts: it lists no more, though it counts them.</summary>
    public static bool HasRoom(Incident incident) => incident.Alerts.Length < MaximumAlerts || Evicted(incident) is not null;

    /// <summary>The episode that gives way to the next one: the longest listed that has ended. Never the first alert: it dates the detection.</summary>
    public static AlertEpisode? Evicted(Incident incident)
    {
        AlertEpisode? oldest = incident.Alerts.Length < MaximumAlerts ? null : incident.Alerts.FirstOrDefault(a => !a.IsActive);
        return oldest is not null && ReferenceEquals(oldest, incident.FirstAlert)
            ? incident.Alerts.FirstOrDefault(a => !a.IsActive && !ReferenceEquals(a, oldest))
            : oldest;
    }

    /// <summary>Adds an episode; there must be room. One that has ended already (its start was never notified) counts as well: it is evidence.</summary>
    public static Incident Add(Incident incident, AlertEpisode episode, DateTimeOffset recordedAt)
    {
        if (Evicted(incident) is { } evicted)
        {
            incident = incident with { Alerts = incident.Alerts.Remove(evicted) };
        }

        bool isFirst = incident.Alerts.IsEmpty && incident.OpenedBy is null;
        incident = incident with
        {
            Alerts = incident.Alerts.Add(episode),
            OpenedAt = episode.StartsAt < incident.OpenedAt ? episode.StartsAt : incident.OpenedAt,
        };
        incident = Note(incident, episode.StartsAt, recordedAt, "alert.firing", Named(episode, "fires"));
        incident = Raise(incident, episode, recordedAt, isFirst);
        return episode.EndsAt is { } endsAt ? Note(incident, endsAt, recordedAt, "alert.resolved", Named(episode, "has ended")) : incident;
    }

    /// <summary>The most severe alert names the incident, unless a person has named it.</summary>
    public static Incident Raise(Incident incident, AlertEpisode episode, DateTimeOffset recordedAt, bool isFirst = false)
    {
        if (!isFirst && episode.Severity <= incident.Severity)
        {
            return incident;
        }

        incident = incident with { Severity = episode.Severity, Title = incident.OpenedBy is null ? episode.Summary : incident.Title };
        return isFirst ? incident : Note(incident, episode.StartsAt, recordedAt, "incident.severity", $"Severity is now {Text(episode.Severity)}");
    }

    public static Incident End(Incident incident, AlertEpisode active, AlertEpisode ended) => Note(
        incident with { Alerts = incident.Alerts.Replace(active, ended) },
        ended.EndsAt!.Value,
        ended.ResolvedReceivedAt!.Value,
        "alert.resolved",
        Named(ended, "has ended"));

    /// <summary>No alert is active any more: the incident ended when the last of them did, <paramref name="lastUnlisted"/> of those that it does not list.</summary>
    public static Incident Resolve(Incident incident, DateTimeOffset? lastUnlisted, DateTimeOffset recordedAt)
    {
        DateTimeOffset resolvedAt = incident.Alerts.Select(a => a.EndsAt).Append(lastUnlisted).Max() ?? recordedAt;
        return Note(
            incident with { State = IncidentState.Resolved, ResolvedAt = resolvedAt < incident.OpenedAt ? incident.OpenedAt : resolvedAt },
            resolvedAt,
            recordedAt,
            "incident.resolved",
            "No alert is active any more");
    }

    public static Incident Tell(Incident incident, PlatformEvent happened)
    {
        string text = happened.Service is { Length: > 0 } service ? $"{service}: {happened.Text}" : happened.Text;
        return incident.Timeline.Any(happened.IsSameAs) || incident.Timeline.Any(t => t.At == happened.At && t.Kind == happened.Kind && t.Text == text)
            ? incident
            : Note(incident, happened.At, happened.RecordedAt, happened.Kind, text, happened.By);
    }

    public static string Text(Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.Error => "error",
        Severity.Info => "info",
        _ => "warning",
    };

    public static string Text(IncidentState state) => state switch
    {
        IncidentState.Open => "open",
        IncidentState.Acknowledged => "acknowledged",
        IncidentState.Mitigated => "mitigated",
        IncidentState.Reviewed => "reviewed",
        _ => "resolved",
    };

    public static bool TryParse(string text, out IncidentState state) => Enum.TryParse(text, ignoreCase: true, out state) && Text(state) == text;

    public static bool TryParse(string text, out Severity severity) => Enum.TryParse(text, ignoreCase: true, out severity) && Text(severity) == text;

    internal static Incident Note(Incident incident, DateTimeOffset at, DateTimeOffset recordedAt, string kind, string text, string? by = null)
    {
        incident = incident with { Revision = incident.Revision + 1 };
        bool isAlert = kind.StartsWith("alert.", StringComparison.Ordinal);
        return incident.Timeline.Length >= (isAlert ? MaximumTimeline : 2 * MaximumTimeline)
            ? incident
            : incident with { Timeline = incident.Timeline.Add(new TimelineEntry(at, recordedAt, kind, text, by)) };
    }

    private static string Named(AlertEpisode episode, string verb)
    {
        string where = episode.Instance is { Length: > 0 } instance ? $" on {instance}" : "";
        return $"{episode.Name}{where} ({Text(episode.Severity)}) {verb}: {episode.Summary}";
    }
}

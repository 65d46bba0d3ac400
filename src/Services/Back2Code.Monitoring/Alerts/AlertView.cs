using Back2Code.Monitoring.Incidents;

namespace Back2Code.Monitoring.Alerts;

/// <summary>One time that an alert fired, as clients see it.</summary>
public sealed record AlertView(
    string Name,
    string Fingerprint,
    string Severity,
    string State,
    string? Service,
    string? Slo,
    string? Instance,
    DateTimeOffset StartsAt,
    DateTimeOffset? EndsAt,
    DateTimeOffset ReceivedAt,
    DateTimeOffset? ResolvedReceivedAt,
    Guid? Incident,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations)
{
    internal static AlertView From(RecordedAlert alert)
    {
        AlertEpisode episode = alert.Episode;
        return new AlertView(
            episode.Name,
            episode.Fingerprint,
            IncidentChanges.Text(episode.Severity),
            episode.IsActive ? "firing" : "resolved",
            episode.Labels.GetValueOrDefault("service"),
            episode.Labels.GetValueOrDefault("slo"),
            episode.Instance,
            episode.StartsAt,
            episode.EndsAt,
            episode.ReceivedAt,
            episode.ResolvedReceivedAt,
            alert.Incident,
            IncidentAlertView.ByName(episode.Labels),
            IncidentAlertView.ByName(episode.Annotations));
    }
}

/// <summary>One page, newest first.</summary>
/// <param name="Items">The alerts.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
/// <param name="Complete">False while PostgreSQL is away: then only what is in memory is listed, all firing alerts among it.</param>
public sealed record AlertPage(IReadOnlyList<AlertView> Items, string? Next, bool Complete);

/// <summary>An episode and the incident that it belongs to, if it opened or joined one.</summary>
internal sealed record RecordedAlert(Guid? Incident, AlertEpisode Episode);

/// <summary>What a reader of the history asks for; null means all.</summary>
internal sealed record AlertFilter(bool? IsFiring, Severity? Severity, string? Name, string? Service, DateTimeOffset? From, DateTimeOffset? To)
{
    public bool Admits(AlertEpisode alert) =>
        (IsFiring is null || IsFiring == alert.IsActive)
        && (Severity is null || Severity == alert.Severity)
        && (Name is null || Name == alert.Name)
        && (Service is null || Service == alert.Labels.GetValueOrDefault("service"))
        && (From is null || alert.StartsAt >= From)
        && (To is null || alert.StartsAt < To);
}

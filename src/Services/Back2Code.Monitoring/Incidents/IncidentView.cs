namespace Back2Code.Monitoring.Incidents;

/// <summary>An incident as clients see it.</summary>
public sealed record IncidentView(
    Guid Id,
    string Title,
    string Severity,
    string State,
    DateTimeOffset OpenedAt,
    DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? MitigatedAt,
    DateTimeOffset? ResolvedAt,
    DateTimeOffset? ReviewedAt,
    string? OpenedBy,
    string? ResolvedBy,
    string? Commander,
    IReadOnlyList<string> Services,
    IReadOnlyList<IncidentSloView> Slos,
    IncidentMeasures Measures,
    IReadOnlyList<IncidentAlertView> Alerts,
    IReadOnlyList<IncidentTimelineView> Timeline,
    IReadOnlyList<IncidentActionView> Actions)
{
    internal static IncidentView From(Incident incident) => new(
        incident.Id,
        incident.Title,
        IncidentChanges.Text(incident.Severity),
        IncidentChanges.Text(incident.State),
        incident.OpenedAt,
        incident.AcknowledgedAt,
        incident.MitigatedAt,
        incident.ResolvedAt,
        incident.ReviewedAt,
        incident.OpenedBy,
        incident.ResolvedBy,
        incident.Commander,
        [.. incident.Services],
        [.. incident.Slos.Select(slo => IncidentSloView.From(slo, incident))],
        IncidentMeasures.Of(incident),
        [.. incident.Alerts.Select(IncidentAlertView.From)],
        [.. incident.Timeline.OrderBy(t => t.At).Select(t => new IncidentTimelineView(t.At, t.RecordedAt, t.Kind, t.Text, t.By))],
        [.. incident.Actions.Select(IncidentActionView.From)]);
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
        ByName(alert.Labels),
        ByName(alert.Annotations));

    /// <summary>The same order from memory and from PostgreSQL, which keeps none.</summary>
    internal static SortedDictionary<string, string> ByName(IReadOnlyDictionary<string, string> pairs) =>
        new(pairs.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
}

/// <summary>One thing that happened: <paramref name="At"/> when it did, <paramref name="RecordedAt"/> when it became known.</summary>
public sealed record IncidentTimelineView(DateTimeOffset At, DateTimeOffset RecordedAt, string Kind, string Text, string? By);

/// <summary>An objective that the incident hurt. The ratios are of the whole period's budget; null until the incident is over and Prometheus has told.</summary>
public sealed record IncidentSloView(string Name, double? BudgetBurntRatio, double? BudgetRemainingRatio)
{
    internal static IncidentSloView From(string slo, Incident incident)
    {
        BudgetBurn? burn = incident.Budgets.FirstOrDefault(b => b.Slo == slo);
        return new IncidentSloView(slo, burn?.BurntRatio, burn?.RemainingRatio);
    }
}

/// <summary>Something that is to be done about it.</summary>
public sealed record IncidentActionView(int Number, string Title, string Type, string Owner, string? Reference, bool Done)
{
    internal static IncidentActionView From(ActionItem action) => new(action.Number, action.Title, action.Type, action.Owner, action.Reference, action.IsDone);
}

/// <summary>One page, newest first.</summary>
/// <param name="Items">The incidents.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
/// <param name="Complete">False while PostgreSQL is away: then only what is in memory is listed, all active incidents among it.</param>
public sealed record IncidentPage(IReadOnlyList<IncidentView> Items, string? Next, bool Complete);

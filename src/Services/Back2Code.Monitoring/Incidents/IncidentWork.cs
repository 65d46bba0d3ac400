using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What people do to an incident: open → acknowledged → mitigated → resolved → reviewed, each step with the time at which it was truly taken. Pure.</summary>
internal static class IncidentWork
{
    /// <returns>Why the change is not possible now, for the person who asked for it; null when it is.</returns>
    public static string? Refuse(Incident incident, IncidentChange change) => change.Kind switch
    {
        _ when incident.State == IncidentState.Reviewed && change.Kind is not (IncidentChangeKind.Note or IncidentChangeKind.Action or IncidentChangeKind.Measure or IncidentChangeKind.DeliveryFailed) =>
            "it has been reviewed; only notes and action items may be added",
        IncidentChangeKind.Acknowledge when incident.AcknowledgedAt is { } at => $"it was acknowledged at {at:O} already",
        IncidentChangeKind.Mitigate when incident.MitigatedAt is { } at => $"it was mitigated at {at:O} already",
        IncidentChangeKind.Resolve when !incident.IsActive => $"it was resolved at {incident.ResolvedAt:O} already",
        IncidentChangeKind.Review when incident.State != IncidentState.Resolved => $"it is {IncidentChanges.Text(incident.State)}; a review comes after it has been resolved",
        IncidentChangeKind.Acknowledge or IncidentChangeKind.Mitigate or IncidentChangeKind.Resolve when change.At < Beginning(incident) =>
            $"at is {change.At:O}, before it began at {Beginning(incident):O}; if it began earlier, set startedAt first",
        IncidentChangeKind.Resolve when change.At < incident.OpenedAt => $"at is {change.At:O}, before it was opened at {incident.OpenedAt:O}",
        IncidentChangeKind.Review when change.At < incident.ResolvedAt => $"at is {change.At:O}, before it was resolved at {incident.ResolvedAt:O}",
        IncidentChangeKind.Edit when change.StartedAt > (incident.MitigatedAt ?? incident.ResolvedAt) => "startedAt lies after its end",
        IncidentChangeKind.Action when change.Action!.Number > incident.Actions.Length + 1 => $"there is no action {change.Action.Number}",
        IncidentChangeKind.Action when change.Action!.Number > IncidentChanges.MaximumActions => $"it has {IncidentChanges.MaximumActions} actions, and that is the limit",
        _ => null,
    };

    public static Incident Open(IncidentChange change, DateTimeOffset recordedAt)
    {
        var incident = new Incident
        {
            Id = change.Incident,
            Group = IncidentBook.DefaultGroup,
            Title = change.Title ?? "",
            Severity = change.Severity ?? Severity.Warning,
            State = IncidentState.Open,
            OpenedAt = change.At,
            OpenedBy = change.By,
            StartedAt = change.StartedAt,
            NamedServices = change.Services ?? [],
            Revision = 0,
        };
        return Note(incident, change, recordedAt, "incident.opened", change.Text is { Length: > 0 } text ? text : "Opened by hand");
    }

    /// <summary>A change that was refused when it was made is never recorded; replaying trusts what is.</summary>
    public static Incident Apply(Incident incident, IncidentChange change, DateTimeOffset recordedAt) => change.Kind switch
    {
        IncidentChangeKind.Acknowledge => Note(
            incident with { State = Later(incident, IncidentState.Acknowledged), AcknowledgedAt = change.At, Commander = incident.Commander ?? change.By },
            change, recordedAt, "incident.acknowledged", Said("Acknowledged", change)),
        IncidentChangeKind.Mitigate => Note(
            incident with { State = Later(incident, IncidentState.Mitigated), MitigatedAt = change.At },
            change, recordedAt, "incident.mitigated", Said("Mitigated", change)),
        IncidentChangeKind.Resolve => Note(
            incident with { State = IncidentState.Resolved, ResolvedAt = change.At, ResolvedBy = change.By },
            change, recordedAt, "incident.resolved", Said("Resolved", change)),
        IncidentChangeKind.Review => Note(
            incident with { State = IncidentState.Reviewed, ReviewedAt = change.At },
            change, recordedAt, "incident.reviewed", Said("Reviewed", change)),
        IncidentChangeKind.Note => Note(incident, change, recordedAt, "note", change.Text ?? ""),
        IncidentChangeKind.DeliveryFailed => Note(incident, change, recordedAt, "delivery.failed", change.Text ?? ""),
        IncidentChangeKind.Edit => Edit(incident, change, recordedAt),
        IncidentChangeKind.Action => Act(incident, change, change.Action!, recordedAt),
        IncidentChangeKind.Measure => incident with
        {
            Detection = change.Detection ?? incident.Detection,
            Budgets = change.Budgets ?? incident.Budgets,
            Revision = incident.Revision + 1,
        },
        _ => incident,
    };

    /// <summary>What was told first: the beginning that a person gave, or the first alert.</summary>
    private static DateTimeOffset Beginning(Incident incident) =>
        incident.StartedAt < incident.OpenedAt ? incident.StartedAt.Value : incident.OpenedAt;

    /// <summary>A step that is told late, after the incident has moved on, changes no state: it gets its time.</summary>
    private static IncidentState Later(Incident incident, IncidentState state) => incident.State > state ? incident.State : state;

    private static Incident Edit(Incident incident, IncidentChange change, DateTimeOffset recordedAt)
    {
        var said = new List<string>();
        if (change.Title is { } title && title != incident.Title)
        {
            said.Add($"title is now \"{title}\"");
        }

        if (change.Severity is { } severity && severity != incident.Severity)
        {
            said.Add($"severity is now {IncidentChanges.Text(severity)}");
        }

        if (change.Commander is { } commander && commander != incident.Commander)
        {
            said.Add($"{commander} commands");
        }

        if (change.StartedAt is { } startedAt && startedAt != incident.StartedAt)
        {
            said.Add($"began at {startedAt:O}");
        }

        if (change.Services is { } services)
        {
            said.Add($"affects {string.Join(", ", services)}");
        }

        return said.Count == 0
            ? incident
            : Note(
                incident with
                {
                    Title = change.Title ?? incident.Title,
                    Severity = change.Severity ?? incident.Severity,
                    Commander = change.Commander ?? incident.Commander,
                    StartedAt = change.StartedAt ?? incident.StartedAt,
                    NamedServices = change.Services ?? incident.NamedServices,
                },
                change, recordedAt, "incident.edited", string.Join("; ", said));
    }

    private static Incident Act(Incident incident, IncidentChange change, ActionItem action, DateTimeOffset recordedAt)
    {
        bool isNew = action.Number > incident.Actions.Length;
        string text = $"Action {action.Number} ({action.Type}, {action.Owner}){(action.IsDone ? ", done" : "")}: {action.Title}";
        return Note(
            incident with { Actions = isNew ? incident.Actions.Add(action) : incident.Actions.SetItem(action.Number - 1, action) },
            change, recordedAt, isNew ? "action.added" : "action.changed", text);
    }

    private static string Said(string step, IncidentChange change) => change.Text is { Length: > 0 } text ? $"{step}: {text}" : step;

    private static Incident Note(Incident incident, IncidentChange change, DateTimeOffset recordedAt, string kind, string text) =>
        IncidentChanges.Note(incident, change.At, recordedAt, kind, text, change.By);
}

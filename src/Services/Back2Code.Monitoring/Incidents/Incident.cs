using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

/// <summary>The record of one outage, however many alerts it raised. Immutable: a change is a new value with the next revision.</summary>
internal sealed record Incident
{
    public required Guid Id { get; init; }

    /// <summary>What keeps unrelated outages apart; alerts of one group that overlap in time belong to one incident.</summary>
    public required string Group { get; init; }

    public required string Title { get; init; }

    public required Severity Severity { get; init; }

    public required IncidentState State { get; init; }

    /// <summary>When the first alert began, not when we heard of it.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>Who opened it by hand; null: an alert did.</summary>
    public string? OpenedBy { get; init; }

    /// <summary>When users were first hurt, as a person told it. Null: nobody did, and only a revealed fault can say.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? MitigatedAt { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Who resolved it; null: its alerts ended.</summary>
    public string? ResolvedBy { get; init; }

    public DateTimeOffset? ReviewedAt { get; init; }

    /// <summary>Who leads the work: at first whoever acknowledges.</summary>
    public string? Commander { get; init; }

    /// <summary>Grows with each change: the newer of two copies wins.</summary>
    public required long Revision { get; init; }

    // A list that an older record lacks is empty: the JSON reader sets what is absent to nothing, whatever the initializer says.
    public ImmutableArray<AlertEpisode> Alerts { get => field.IsDefault ? [] : field; init; }

    /// <summary>In the order in which things became known; entries are never changed or removed.</summary>
    public ImmutableArray<TimelineEntry> Timeline { get => field.IsDefault ? [] : field; init; }

    public ImmutableArray<ActionItem> Actions { get => field.IsDefault ? [] : field; init; }

    /// <summary>Services that a person named, beside those that the alerts name.</summary>
    public ImmutableArray<string> NamedServices { get => field.IsDefault ? [] : field; init; }

    /// <summary>What Prometheus says about the way to the first alert; null until it was asked.</summary>
    public DetectionEvidence? Detection { get; init; }

    public ImmutableArray<BudgetBurn> Budgets { get => field.IsDefault ? [] : field; init; }

    [JsonIgnore]
    public bool IsActive => State <= IncidentState.Mitigated;

    [JsonIgnore]
    public bool HasActiveAlerts => Alerts.Any(a => a.IsActive);

    /// <summary>The alert that told first.</summary>
    [JsonIgnore]
    public AlertEpisode? FirstAlert => Alerts.MinBy(a => a.ReceivedAt);

    [JsonIgnore]
    public IEnumerable<string> Services =>
        NamedServices.Concat(Alerts.Select(a => a.Labels.GetValueOrDefault("service") ?? "")).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    [JsonIgnore]
    public IEnumerable<string> Slos =>
        Alerts.Select(a => a.Labels.GetValueOrDefault("slo") ?? "").Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}

/// <summary>In the order in which an incident passes through them.</summary>
internal enum IncidentState
{
    Open,
    Acknowledged,
    Mitigated,
    Resolved,
    Reviewed,
}

/// <summary>One time that an alert fired, from start to end.</summary>
internal sealed record AlertEpisode
{
    public required string Name { get; init; }

    public required string Fingerprint { get; init; }

    public required Severity Severity { get; init; }

    public string? Instance { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Its start as the sender wrote it: the identity of the episode, whatever our clock said then.</summary>
    public DateTimeOffset? ClaimedStart { get; init; }

    /// <summary>When the notification that it fires arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When the notification that it ended arrived.</summary>
    public DateTimeOffset? ResolvedReceivedAt { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    [JsonIgnore]
    public bool IsActive => EndsAt is null;

    [JsonIgnore]
    public string Summary => Annotations.TryGetValue("summary", out string? summary) && summary.Length > 0 ? summary : Name;

    public static AlertEpisode Of(Alert alert, DateTimeOffset recordedAt) => new()
    {
        Name = alert.Name,
        Fingerprint = alert.Fingerprint,
        Severity = alert.Severity,
        Instance = alert.Labels.GetValueOrDefault("instance"),
        StartsAt = alert.StartsAt,
        EndsAt = alert.EndsAt,
        ClaimedStart = alert.ClaimedStart,
        ReceivedAt = recordedAt,
        ResolvedReceivedAt = alert.EndsAt is null ? null : recordedAt,
        Labels = alert.Labels,
        Annotations = alert.Annotations,
    };
}

/// <summary>One thing that happened.</summary>
/// <param name="At">When it happened.</param>
/// <param name="RecordedAt">When it became known here.</param>
/// <param name="Kind">incident.*, alert.*, note, deploy, fault.injected, fault.ended, delivery.failed; docs/incidents.md lists them.</param>
/// <param name="Text">For people.</param>
/// <param name="By">Who did or told it; null: the platform itself.</param>
internal sealed record TimelineEntry(DateTimeOffset At, DateTimeOffset RecordedAt, string Kind, string Text, string? By = null);

/// <summary>What is to be done so that it does not happen again, or hurts less.</summary>
/// <param name="Number">From 1, in order of their making.</param>
/// <param name="Title">What is to be done.</param>
/// <param name="Type">prevent, mitigate, detect, process or other.</param>
/// <param name="Owner">Who does it.</param>
/// <param name="Reference">Where the work is tracked; null: here alone.</param>
/// <param name="IsDone">Whether it has been done.</param>
internal sealed record ActionItem(int Number, string Title, string Type, string Owner, string? Reference, bool IsDone)
{
    public static readonly string[] Types = ["prevent", "mitigate", "detect", "process", "other"];
}

/// <summary>Times on the way from the fault to the first alert, as Prometheus has them. docs/incidents.md defines each.</summary>
/// <param name="FaultAt">The fault that was taken as the beginning; null: none was known.</param>
/// <param name="VisibleAt">Scrape that first showed it.</param>
/// <param name="SufficientAt">Scrape that the firing evaluation looked at.</param>
/// <param name="FiredAt">The evaluation that fired: the alert's own start.</param>
/// <param name="ReceivedAt">When the notification was here.</param>
internal sealed record DetectionEvidence(
    DateTimeOffset? FaultAt, DateTimeOffset? VisibleAt, DateTimeOffset? SufficientAt, DateTimeOffset FiredAt, DateTimeOffset ReceivedAt);

/// <summary>How much of an SLO's error budget went during the incident.</summary>
/// <param name="Slo">Its name.</param>
/// <param name="BurntRatio">Share of the whole period's budget, 0 to 1 and above.</param>
/// <param name="RemainingRatio">What was left at the end of it; negative when more than all is spent.</param>
internal sealed record BudgetBurn(string Slo, double BurntRatio, double RemainingRatio);

using System.Collections.Immutable;
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

    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Grows with each change: the newer of two copies wins.</summary>
    public required long Revision { get; init; }

    public ImmutableList<AlertEpisode> Alerts { get; init; } = [];

    /// <summary>In the order in which things became known; entries are never changed or removed.</summary>
    public ImmutableList<TimelineEntry> Timeline { get; init; } = [];

    public bool HasActiveAlerts => Alerts.Exists(a => a.IsActive);
}

internal enum IncidentState
{
    Open,
    Resolved,
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

    /// <summary>When the notification that it fires arrived.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>When the notification that it ended arrived.</summary>
    public DateTimeOffset? ResolvedReceivedAt { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public bool IsActive => EndsAt is null;

    public string Summary => Annotations.TryGetValue("summary", out string? summary) && summary.Length > 0 ? summary : Name;
}

/// <summary>One thing that happened.</summary>
/// <param name="At">When it happened.</param>
/// <param name="RecordedAt">When it became known here.</param>
/// <param name="Kind">incident.opened, incident.reopened, incident.severity, incident.resolved, alert.firing, alert.resolved.</param>
/// <param name="Text">For people.</param>
internal sealed record TimelineEntry(DateTimeOffset At, DateTimeOffset RecordedAt, string Kind, string Text);

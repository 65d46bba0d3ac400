namespace Back2Code.Lab.Drills;

/// <summary>One firing of an alert during a drill, from the platform's own records.</summary>
public sealed record DrillAlert
{
    public required string Name { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The alert's own <c>startsAt</c>; from Prometheus' samples when monitoring has no record of it.</summary>
    public required DateTimeOffset FiredAt { get; init; }

    /// <summary>The alert's own <c>endsAt</c>; null while it fires.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>When monitoring had the notification in its hands; null when it never arrived.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }

    public DateTimeOffset? ResolvedReceivedAt { get; init; }

    /// <summary>The title of the incident that monitoring filed it under.</summary>
    public string? Incident { get; init; }

    /// <summary>Tells incidents of the same title apart.</summary>
    public string? IncidentId { get; init; }

    public string? Severity => Labels.GetValueOrDefault("severity");

    public string? Instance => Labels.GetValueOrDefault("instance");

    /// <summary>Alerts on a users' SLO carry its name; the others report a part of the platform.</summary>
    public bool ConcernsUsers => Labels.ContainsKey("slo");
}

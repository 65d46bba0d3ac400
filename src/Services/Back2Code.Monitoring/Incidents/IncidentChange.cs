using System.Collections.Immutable;
using Back2Code.Monitoring.Alerts;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What a person (or the evidence collector) does to one incident. It lies in the spool, so old kinds must stay readable.</summary>
internal sealed record IncidentChange(Guid Incident, IncidentChangeKind Kind, DateTimeOffset At, string? By)
{
    public string? Text { get; init; }

    public string? Title { get; init; }

    public Severity? Severity { get; init; }

    public string? Commander { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public ImmutableArray<string>? Services { get; init; }

    public ActionItem? Action { get; init; }

    public DetectionEvidence? Detection { get; init; }

    public ImmutableArray<BudgetBurn>? Budgets { get; init; }
}

internal enum IncidentChangeKind
{
    /// <summary>Opened by hand.</summary>
    Open,
    Acknowledge,
    Mitigate,
    Resolve,
    Review,
    Note,

    /// <summary>Title, severity, commander, beginning or services.</summary>
    Edit,

    /// <summary>An action item, new or changed; its number says which.</summary>
    Action,

    /// <summary>Detection and budgets, from Prometheus.</summary>
    Measure,

    /// <summary>A channel has given up on telling somebody.</summary>
    DeliveryFailed,
}

using System.Collections.Immutable;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What PostgreSQL keeps as one document: read with the incident, never searched.</summary>
internal sealed record IncidentDetails(ImmutableArray<string> NamedServices, DetectionEvidence? Detection, ImmutableArray<BudgetBurn> Budgets)
{
    public static IncidentDetails Of(Incident incident) => new(incident.NamedServices, incident.Detection, incident.Budgets);
}

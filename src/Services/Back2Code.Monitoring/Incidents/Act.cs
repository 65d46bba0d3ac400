using Back2Code.Audit;

namespace Back2Code.Monitoring.Incidents;

/// <summary>What somebody did, on its way to the audit trail: it goes into the outbox with what it changed.</summary>
/// <param name="Incident">What it changed; null: no incident, somebody told of a platform event.</param>
/// <param name="Record">As it will stand in the trail.</param>
internal sealed record Act(Guid? Incident, AuditRecord Record);

using System.Diagnostics;
using Back2Code.Audit;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Says for the audit trail what somebody does. No text of theirs is in it, only kinds and ids.</summary>
internal sealed class ActRecorder(EventTarget target, TimeProvider time)
{
    /// <param name="actor">Null: this service itself, whose work is not recorded.</param>
    /// <param name="incident">As it stands before; null: the change opens it.</param>
    /// <param name="change">With the id of its incident.</param>
    public AuditRecord? Of(AuditActor? actor, Incident? incident, IncidentChange change) =>
        actor is null ? null : Of(actor, NameOf(incident, change), $"incidents/{change.Incident}");

    public AuditRecord? Of(AuditActor actor, PlatformEvent happened) => Of(actor, "platform.event-told", $"events/{happened.Kind}");

    private AuditRecord? Of(AuditActor actor, string action, string on) =>
        !target.HasBroker ? null : AuditRecord.Create(time, actor, action, on);

    private static string NameOf(Incident? incident, IncidentChange change) => change.Kind switch
    {
        IncidentChangeKind.Open => "incident.opened",
        IncidentChangeKind.Acknowledge => "incident.acknowledged",
        IncidentChangeKind.Mitigate => "incident.mitigated",
        IncidentChangeKind.Resolve => "incident.resolved",
        IncidentChangeKind.Review => "incident.reviewed",
        IncidentChangeKind.Note => "incident.noted",
        IncidentChangeKind.Edit => "incident.edited",
        IncidentChangeKind.Action when change.Action!.Number > incident!.Actions.Length => "incident.action-added",
        IncidentChangeKind.Action => "incident.action-changed",
        _ => throw new UnreachableException($"{change.Kind} is nobody's but this service's."),
    };
}

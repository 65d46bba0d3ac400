using Back2Code.Audit;
using Back2Code.Messaging;

namespace Back2Code.Notifications;

/// <summary>What this service tells the audit trail.</summary>
internal static class NotificationAudit
{
    public const string Source = "/services/notifications";

    public static CloudEvent Read(TimeProvider time, AuditActor actor, Guid notificationId) =>
        AuditEvents.From(Source, AuditRecord.Create(time, actor, "notification.read", $"notifications/{notificationId}"));
}

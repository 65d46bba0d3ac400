using Back2Code.Audit;
using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.Identity.Audit;

/// <summary>Adds what other services recorded to the trail, in the transaction that records the event as received.</summary>
internal sealed class AuditEventHandler : IEventHandler
{
    public Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        if (cloudEvent.Source == AuditTrail.Source || cloudEvent.Source.Length > 255)
        {
            // This service writes to its trail itself; whoever sends events in its name does not.
            throw new PoisonMessageException($"audit record {cloudEvent.Id} has a source that no other service has");
        }

        return AuditTrail.AppendAsync(connection, cloudEvent.Source, AuditEvents.Read(cloudEvent), cancellationToken);
    }
}

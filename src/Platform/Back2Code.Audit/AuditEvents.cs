using System.Text.Json;
using System.Text.Json.Serialization;
using Back2Code.Messaging;

namespace Back2Code.Audit;

/// <summary>
/// Audit records as CloudEvents of type <c>audit.recorded</c>. A service leaves one in its <see cref="Outbox"/> in the transaction of
/// what it records: neither exists without the other, and a broker that is away only delays the record.
/// </summary>
public static class AuditEvents
{
    /// <summary>Type and routing key.</summary>
    public const string Recorded = "audit.recorded";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter<AuditOutcome>(namingPolicy: null, allowIntegerValues: false) },
    };

    /// <summary>The event that carries a record; add it to the outbox.</summary>
    /// <param name="source">The service, for example <c>/services/notes</c>.</param>
    /// <param name="record">Its id becomes the event's.</param>
    /// <exception cref="ArgumentException">The record breaks a limit.</exception>
    public static CloudEvent From(string source, AuditRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Problem is { } problem
            ? throw new ArgumentException(problem, nameof(record))
            : new CloudEvent(record.Id.ToString(), source, Recorded, record.Target, record.Time, JsonSerializer.SerializeToElement(record, Json));
    }

    /// <summary>Reads the record of an event back.</summary>
    /// <exception cref="PoisonMessageException">The event does not keep its schema; no further attempt will change that.</exception>
    public static AuditRecord Read(CloudEvent cloudEvent)
    {
        ArgumentNullException.ThrowIfNull(cloudEvent);
        AuditRecord record;
        try
        {
            record = cloudEvent.Data.Deserialize<AuditRecord>(Json) ?? throw new PoisonMessageException($"audit record {cloudEvent.Id} has no data");
        }
        catch (JsonException exception)
        {
            throw new PoisonMessageException($"the data of audit record {cloudEvent.Id} is not as its schema says: {exception.Message}", exception);
        }

        return record.Problem is { } problem ? throw new PoisonMessageException($"audit record {cloudEvent.Id}: {problem}")
            : record.Id.ToString() != cloudEvent.Id ? throw new PoisonMessageException($"audit record {cloudEvent.Id} says that its id is {record.Id}")
            : record;
    }
}

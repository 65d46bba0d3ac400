using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.Identity.Erasing;

/// <summary>Takes the services' answers, each in the transaction that records the event as received.</summary>
internal sealed class ErasedEventHandler(ErasureStore erasures) : IEventHandler
{
    public const string Queue = "identity.erasures";

    public Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken) =>
        erasures.AnswerAsync(connection, transaction, ErasedEvent.Read(cloudEvent), cancellationToken);
}

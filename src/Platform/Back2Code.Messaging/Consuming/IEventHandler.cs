using Npgsql;

namespace Back2Code.Messaging;

/// <summary>What a service does with an event. One instance is made for each event, from a scope of its own.</summary>
public interface IEventHandler
{
    /// <summary>
    /// Applies one event. Called inside the transaction that also records the event in the inbox: what is written
    /// through <paramref name="transaction"/> takes effect exactly once. Do nothing here that cannot be rolled back.
    /// </summary>
    /// <exception cref="PoisonMessageException">The event can never be handled: it goes to the dead letters at once.</exception>
    /// <remarks>
    /// Any other exception is a failed attempt and is tried again later; an unavailable dependency is none: the consumer
    /// waits for it, however long that takes.
    /// </remarks>
    Task HandleAsync(CloudEvent cloudEvent, NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken);
}

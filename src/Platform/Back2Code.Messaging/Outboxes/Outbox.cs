using Npgsql;

namespace Back2Code.Messaging;

/// <summary>Where a service leaves its events, in the transaction that causes them.</summary>
public static class Outbox
{
    /// <summary>Adds an event to the outbox; it is published after, and only if, the transaction commits.</summary>
    public static Task AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CloudEvent cloudEvent, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}

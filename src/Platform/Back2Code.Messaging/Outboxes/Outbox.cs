using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Messaging;

/// <summary>Where a service leaves its events, in the transaction that causes them.</summary>
public static class Outbox
{
    private const string Insert = """
        INSERT INTO outbox (source, event_id, type, subject, time, data, trace_parent)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """;

    /// <summary>
    /// Adds an event to the outbox of the connection's schema. It is published after the transaction commits, at least once, and
    /// never if it rolls back. The current activity becomes its trace context unless it has one.
    /// </summary>
    /// <exception cref="PostgresException">The source has used this id before (unique violation), or the transaction is broken.</exception>
    public static Task AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CloudEvent cloudEvent, CancellationToken cancellationToken) =>
        AppendAsync(connection, transaction, [cloudEvent], cancellationToken);

    /// <summary>The same for several events, in one round trip.</summary>
    /// <exception cref="PostgresException">A source has used an id before (unique violation), or the transaction is broken.</exception>
    public static async Task AppendAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<CloudEvent> cloudEvents, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cloudEvents);
        var batch = new NpgsqlBatch(connection, transaction);
        await using var _ = batch.ConfigureAwait(false);
        foreach (var cloudEvent in cloudEvents)
        {
            batch.BatchCommands.Add(CommandFor(cloudEvent));
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static NpgsqlBatchCommand CommandFor(CloudEvent cloudEvent)
    {
        ArgumentNullException.ThrowIfNull(cloudEvent);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Id);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Source);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Type);
        return new NpgsqlBatchCommand(Insert)
        {
            Parameters =
            {
                new() { Value = cloudEvent.Source },
                new() { Value = cloudEvent.Id },
                new() { Value = cloudEvent.Type },
                new() { Value = cloudEvent.Subject },
                new() { Value = cloudEvent.Time.ToUniversalTime() },
                new() { Value = cloudEvent.Data.GetRawText(), NpgsqlDbType = NpgsqlDbType.Jsonb },
                new() { Value = (object?)(cloudEvent.TraceParent ?? CurrentTrace()) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
    }

    private static string? CurrentTrace() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;
}

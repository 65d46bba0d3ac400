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
    public static async Task AppendAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CloudEvent cloudEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cloudEvent);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Id);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Source);
        ArgumentException.ThrowIfNullOrEmpty(cloudEvent.Type);
        var command = new NpgsqlCommand(Insert, connection, transaction)
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
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string? CurrentTrace() => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;
}

using Back2Code.Audit;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Identity.Audit;

/// <summary>Where records enter the trail. The database gives each its place and its hash.</summary>
internal static class AuditTrail
{
    public const string Source = "/services/identity";

    private const string Insert = """
        INSERT INTO audit_records (event_id, source, time, subject, client, address, action, target, outcome, reason, trace_id, count)
        VALUES (@event_id, @source, @time, @subject, @client, @address, @action, @target, @outcome, @reason, @trace_id, @count)
        """;

    /// <summary>
    /// Adds a record of this service's own, in the connection's current transaction: it exists if and only if what it records does. Call it
    /// last, because from here to the end of the transaction every other append waits.
    /// </summary>
    /// <exception cref="ArgumentException">The record breaks a limit.</exception>
    /// <exception cref="PostgresException">The record is there already (unique violation), or the transaction is broken.</exception>
    public static Task AppendAsync(NpgsqlConnection connection, AuditRecord record, CancellationToken cancellationToken) =>
        AppendAsync(connection, Source, record, cancellationToken);

    /// <summary>Adds the record of another service.</summary>
    public static async Task AppendAsync(NpgsqlConnection connection, string source, AuditRecord record, CancellationToken cancellationToken)
    {
        if (record.Problem is { } problem)
        {
            throw new ArgumentException(problem, nameof(record));
        }

        await using NpgsqlCommand command = new(Insert, connection);
        command.Parameters.AddWithValue("event_id", record.Id);
        command.Parameters.AddWithValue("source", source);
        command.Parameters.AddWithValue("time", record.Time.ToUniversalTime());
        Add(command, "subject", record.Actor.Subject);
        Add(command, "client", record.Actor.Client);
        Add(command, "address", record.Actor.Address);
        command.Parameters.AddWithValue("action", record.Action);
        command.Parameters.AddWithValue("target", record.Target);
        command.Parameters.AddWithValue("outcome", WordOf(record.Outcome));
        Add(command, "reason", record.Reason);
        Add(command, "trace_id", record.TraceId);
        command.Parameters.AddWithValue("count", record.Count);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    internal static string WordOf(AuditOutcome outcome) => outcome switch
    {
        AuditOutcome.Succeeded => "succeeded",
        AuditOutcome.Denied => "denied",
        _ => "failed",
    };

    private static void Add(NpgsqlCommand command, string name, string? text) =>
        command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Text) { Value = (object?)text ?? DBNull.Value });
}

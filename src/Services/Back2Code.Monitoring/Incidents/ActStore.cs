using Back2Code.Audit;
using Back2Code.Messaging;
using Npgsql;

namespace Back2Code.Monitoring.Incidents;

/// <summary>Puts acts into the outbox, each once, however often the spool brings it.</summary>
internal sealed class ActStore(NpgsqlDataSource dataSource)
{
    // What an outage has gathered goes in pieces, each within a command's time.
    private const int BatchSize = 200;

    // What comes back was not there.
    private const string Claim = """
        INSERT INTO audited_acts (id, stored_at)
        SELECT act, @now FROM unnest(@acts) AS act
        ON CONFLICT (id) DO NOTHING
        RETURNING id
        """;

    private const string Forget = "DELETE FROM audited_acts WHERE stored_at < @begun_at AND id <> ALL (@waiting)";

    /// <summary>Adds them in the transaction of what they changed.</summary>
    /// <param name="connection">Of the transaction.</param>
    /// <param name="transaction">Of what they changed.</param>
    /// <param name="acts">In the order in which they were done.</param>
    /// <param name="now">Of the desk's clock, read before the transaction commits.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task AppendAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IEnumerable<AuditRecord> acts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (AuditRecord[] batch in acts.Chunk(BatchSize))
        {
            HashSet<Guid> claimed = await ClaimAsync(connection, transaction, batch, now, cancellationToken);
            await Outbox.AppendAsync(
                connection, transaction, [.. batch.Where(a => claimed.Contains(a.Id)).Select(a => AuditEvents.From(EventTarget.Source, a))], cancellationToken);
        }
    }

    /// <summary>Adds acts that changed nothing in PostgreSQL.</summary>
    public async Task SaveAsync(IReadOnlyList<AuditRecord> acts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AppendAsync(connection, transaction, acts, now, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Forgets acts that were stored before the spool's newest segment began, and did not wait then: no start reads them again.</summary>
    public async Task ForgetAsync(SpoolStart start, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(Forget);
        command.Parameters.AddWithValue("begun_at", start.At);
        command.Parameters.AddWithValue("waiting", start.Acts.ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<HashSet<Guid>> ClaimAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, AuditRecord[] acts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(Claim, connection, transaction);
        command.Parameters.AddWithValue("acts", acts.Select(a => a.Id).ToArray());
        command.Parameters.AddWithValue("now", now);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new HashSet<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(reader.GetGuid(0));
        }

        return claimed;
    }
}

/// <summary>Where a start would begin to read the spool.</summary>
/// <param name="At">When the newest segment began.</param>
/// <param name="Acts">Those that waited for PostgreSQL then; its snapshot has them.</param>
internal sealed record SpoolStart(DateTimeOffset At, IReadOnlyCollection<Guid> Acts);

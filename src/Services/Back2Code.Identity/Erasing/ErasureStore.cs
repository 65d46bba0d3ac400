using System.Text.Json;
using Back2Code.Data;
using Back2Code.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace Back2Code.Identity.Erasing;

/// <summary>Erasures in the database: asked for here, completed as the services answer.</summary>
internal sealed class ErasureStore(Database database, OwnData own, PersonalDataServices services, SecurityEvents events, TimeProvider time)
{
    private const string Select = """
        SELECT e.id, e.requested_at, e.requested_by, e.completed_at,
               (SELECT jsonb_agg(jsonb_build_object('service', s.service, 'completedAt', s.completed_at, 'counts', s.counts) ORDER BY s.service <> 'identity', s.service)
                FROM erasure_services s WHERE s.erasure_id = e.id)::text
        FROM erasures e WHERE e.user_id = @user_id
        """;

    /// <summary>
    /// Erases what is held here, and asks the others. When that was done before, whoever has not answered yet is asked again, so a message that was lost to the
    /// dead letters is made up for by asking again.
    /// </summary>
    /// <returns>Null when there is no such user.</returns>
    public ValueTask<ErasureView?> RequestAsync(Guid userId, string actor, CancellationToken cancellationToken)
    {
        const string lockUser = "SELECT id::text FROM users WHERE id = @user_id FOR UPDATE";
        const string insert = "INSERT INTO erasures (id, user_id, requested_at, requested_by, asked_at) VALUES (@id, @user_id, @now, @actor, @now)";

        var now = time.GetStorableNow();
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await connection.FirstAsync(transaction, lockUser, static row => row.GetString(0), attempt, ("user_id", userId)) is null)
                {
                    return null;
                }

                if (await FindAsync(connection, transaction, userId, attempt) is { } before)
                {
                    if (before.CompletedAt is null)
                    {
                        await Outbox.AppendAsync(connection, transaction, ErasureEvents.Request(before.Id, userId, now), attempt);
                        await events.RecordAsync(connection, transaction, new(SecurityActions.ErasureRequested, true, actor, userId.ToString(), "again"), attempt);
                    }

                    return before;
                }

                Guid id = Guid.CreateVersion7(now);
                await connection.ExecuteAsync(transaction, insert, attempt, ("id", id), ("user_id", userId), ("now", now), ("actor", actor));
                await AddServicesAsync(connection, transaction, id, attempt);
                await CompleteAsync(connection, transaction, id, PersonalDataServices.Own, await own.EraseAsync(connection, transaction, userId, now, attempt), attempt);
                if (services.Names.Length > 0)
                {
                    await Outbox.AppendAsync(connection, transaction, ErasureEvents.Request(id, userId, now), attempt);
                }

                await events.RecordAsync(connection, transaction, new(SecurityActions.ErasureRequested, true, actor, userId.ToString()), attempt);
                await EndIfAllAnsweredAsync(connection, transaction, id, userId, attempt);
                return await FindAsync(connection, transaction, userId, attempt);
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <summary>
    /// Asks again where a service has not answered for <paramref name="after"/>. A service that had not declared its queue when it was asked, at the first start of a
    /// platform, or lost the queue since, has never heard of it.
    /// </summary>
    /// <returns>How many erasures, 100 at most.</returns>
    public ValueTask<int> AskAgainAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE erasures SET asked_at = @now WHERE id IN (
              SELECT id FROM erasures WHERE completed_at IS NULL AND asked_at <= @before ORDER BY requested_at LIMIT 100 FOR UPDATE SKIP LOCKED)
            RETURNING id, user_id
            """;

        var now = time.GetStorableNow();
        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                var asked = await connection.ListAsync(
                    transaction, sql, static row => (Id: row.GetGuid(0), UserId: row.GetGuid(1)), attempt, ("now", now), ("before", now - after));
                foreach (var (id, userId) in asked)
                {
                    await Outbox.AppendAsync(connection, transaction, ErasureEvents.Request(id, userId, now), attempt);
                }

                return asked.Count;
            },
            replaySafe: true,
            cancellationToken);
    }

    public ValueTask<ErasureView?> FindAsync(Guid userId, CancellationToken cancellationToken) =>
        database.ReadAsync(async (connection, attempt) => await FindAsync(connection, null, userId, attempt), cancellationToken);

    /// <summary>Writes a service's answer down, and the erasure's end with the last one.</summary>
    /// <exception cref="PoisonMessageException">There is no such erasure.</exception>
    public async Task AnswerAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ErasedEvent answer, CancellationToken cancellationToken)
    {
        // Two services that answer at once would each find the other missing.
        const string lockErasure = "SELECT user_id::text FROM erasures WHERE id = @id FOR UPDATE";

        string userId = await connection.FirstAsync(transaction, lockErasure, static row => row.GetString(0), cancellationToken, ("id", answer.ErasureId))
            ?? throw new PoisonMessageException($"there is no erasure {answer.ErasureId}");
        await CompleteAsync(connection, transaction, answer.ErasureId, answer.Service, answer.Counts, cancellationToken);
        await EndIfAllAnsweredAsync(connection, transaction, answer.ErasureId, Guid.Parse(userId), cancellationToken);
    }

    private Task<int> AddServicesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            transaction, "INSERT INTO erasure_services (erasure_id, service) SELECT @id, unnest(@services)", cancellationToken,
            ("id", id), ("services", (string[])[PersonalDataServices.Own, .. services.Names]));

    /// <summary>The first answer counts: later ones found nothing left. A service that was not asked, because it is newer than the request, may answer too.</summary>
    private async Task CompleteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, string service, Dictionary<string, long> counts, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO erasure_services AS s (erasure_id, service, completed_at, counts) VALUES (@id, @service, @now, @counts)
            ON CONFLICT (erasure_id, service) DO UPDATE SET completed_at = EXCLUDED.completed_at, counts = EXCLUDED.counts WHERE s.completed_at IS NULL
            """;

        await using var command = connection.Command(transaction, sql, ("id", id), ("service", service), ("now", time.GetStorableNow()));
        command.Parameters.Add(new NpgsqlParameter("counts", NpgsqlDbType.Jsonb) { Value = JsonSerializer.Serialize(counts) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task EndIfAllAnsweredAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, Guid userId, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE erasures SET completed_at = GREATEST(requested_at, @now)
            WHERE id = @id AND completed_at IS NULL AND NOT EXISTS (SELECT FROM erasure_services WHERE erasure_id = @id AND completed_at IS NULL)
            """;

        if (await connection.ExecuteAsync(transaction, sql, cancellationToken, ("id", id), ("now", time.GetStorableNow())) == 1)
        {
            await events.RecordAsync(connection, transaction, new(SecurityActions.ErasureCompleted, true, null, userId.ToString()), cancellationToken);
        }
    }

    private static Task<ErasureView?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, Guid userId, CancellationToken cancellationToken) =>
        connection.FirstAsync(
            transaction, Select,
            row => new ErasureView(
                row.GetGuid(0), userId, row.IsDBNull(3) ? ErasureView.Pending : ErasureView.Completed, row.GetFieldValue<DateTimeOffset>(1), row.GetString(2),
                row.ValueOrNull<DateTimeOffset>(3), JsonSerializer.Deserialize<List<ErasedService>>(row.GetString(4), JsonSerializerOptions.Web)!),
            cancellationToken, ("user_id", userId));
}

using Back2Code.Data;

namespace Back2Code.Identity;

/// <summary>A client that can go on in the user's name while the user is away.</summary>
internal sealed record Application(string ClientId, string Name, DateTimeOffset Since);

/// <summary>What the user has given refresh tokens to, and how to take them back.</summary>
internal sealed class Applications(Database database, SecurityEvents events, TimeProvider time)
{
    private const int MostListed = 100;

    public ValueTask<List<Application>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT c.id, c.name, min(g.created_at) FROM grants g JOIN clients c ON c.id = g.client_id
            WHERE g.user_id = @user_id AND g.revoked_at IS NULL AND g.expires_at > @now AND 'offline_access' = ANY (g.oidc_scopes)
            GROUP BY c.id, c.name ORDER BY c.name, c.id LIMIT @most
            """;

        return database.ReadAsync(
            async (connection, attempt) => await connection.ListAsync(
                null, sql, static row => new Application(row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2)),
                attempt, ("user_id", userId), ("now", time.GetStorableNow()), ("most", MostListed)),
            cancellationToken);
    }

    /// <summary>Ends all tokens that the client has of the user, and asks for consent again next time.</summary>
    public async ValueTask RevokeAsync(Guid userId, string clientId, CancellationToken cancellationToken)
    {
        const string sql = """
            WITH forgotten AS (DELETE FROM consents WHERE user_id = @user_id AND client_id = @client_id)
            UPDATE grants SET revoked_at = @now WHERE user_id = @user_id AND client_id = @client_id AND revoked_at IS NULL
            """;

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                if (await connection.ExecuteAsync(
                    transaction, sql, attempt, ("user_id", userId), ("client_id", clientId), ("now", time.GetStorableNow())) > 0)
                {
                    await events.RecordAsync(connection, transaction, new(SecurityActions.FamilyRevoked, true, userId.ToString(), clientId, "by-user"), attempt);
                }

                return true;
            },
            replaySafe: true,
            cancellationToken);
    }
}

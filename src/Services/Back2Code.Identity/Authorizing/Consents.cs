using Back2Code.Data;

namespace Back2Code.Identity;

/// <summary>What users have allowed clients before, so that they are asked once.</summary>
internal sealed class Consents(Database database, SecurityEvents events, TimeProvider time)
{
    public async ValueTask<bool> CoverAsync(Guid userId, Client client, RequestedScope scope, CancellationToken cancellationToken)
    {
        const string sql = "SELECT scopes FROM consents WHERE user_id = @user_id AND client_id = @client_id";

        string[]? allowed = await database.ReadAsync(
            async (connection, attempt) => await connection.FirstAsync(
                null, sql, static row => row.GetFieldValue<string[]>(0), attempt, ("user_id", userId), ("client_id", client.Id)),
            cancellationToken);
        return allowed is not null
            && RequestedScope.Parse(string.Join(' ', allowed)) is { } before
            && scope.OidcScopes.All(before.OidcScopes.Contains)
            && scope.Permissions.All(asked => before.Permissions.Any(known => known.Covers(asked)));
    }

    public async ValueTask DecideAsync(Guid userId, Client client, RequestedScope scope, bool allowed, CancellationToken cancellationToken)
    {
        // What is allowed now is added to what was allowed before.
        const string sql = """
            INSERT INTO consents AS c (user_id, client_id, scopes, granted_at) VALUES (@user_id, @client_id, @scopes, @now)
            ON CONFLICT (user_id, client_id) DO UPDATE
            SET scopes = ARRAY(SELECT DISTINCT unnest(c.scopes || EXCLUDED.scopes)), granted_at = EXCLUDED.granted_at
            """;

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.Consent, allowed, userId.ToString(), client.Id), attempt);
                return allowed
                    ? await connection.ExecuteAsync(
                        transaction, sql, attempt,
                        ("user_id", userId), ("client_id", client.Id), ("scopes", scope.OidcScopes.Concat(Grant.Texts(scope.Permissions)).ToArray()),
                        ("now", time.GetStorableNow()))
                    : 0;
            },
            replaySafe: true,
            cancellationToken);
    }
}

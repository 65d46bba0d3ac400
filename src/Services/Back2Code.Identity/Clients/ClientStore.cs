using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>The clients in the database.</summary>
internal sealed class ClientStore(Database database, SecurityEvents events)
{
    private const int LongestId = 100;

    public async ValueTask<Client?> FindAsync(string id, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {Client.Columns} FROM clients WHERE id = @id";

        return !IsPlausible(id)
            ? null
            : await database.ReadAsync(
                async (connection, attempt) => await connection.FirstAsync(null, sql, Client.From, attempt, ("id", id)), cancellationToken);
    }

    /// <returns>False when there is a client of this id.</returns>
    public ValueTask<bool> AddAsync(Client client, string? actor, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO clients (id, sort_id, name, secret_sha256, redirect_uris, post_logout_redirect_uris, grants, scopes, first_party, may_impersonate, created_at)
            VALUES (@id, @sort_id, @name, @secret_sha256, @redirect_uris, @post_logout_redirect_uris, @grants, @scopes, @first_party, @may_impersonate, @created_at)
            ON CONFLICT (id) DO NOTHING
            """;

        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                int added = await connection.ExecuteAsync(
                    transaction, sql, attempt,
                    ("id", client.Id), ("sort_id", client.SortId), ("name", client.Name), ("secret_sha256", client.SecretSha256),
                    ("redirect_uris", client.RedirectUris), ("post_logout_redirect_uris", client.PostLogoutRedirectUris), ("grants", client.Grants),
                    ("scopes", Scopes(client)), ("first_party", client.FirstParty), ("may_impersonate", client.MayImpersonate), ("created_at", client.CreatedAt));
                if (added == 1)
                {
                    await events.RecordAsync(connection, transaction, new(SecurityActions.ClientCreated, true, actor, client.Id), attempt);
                }

                return added == 1;
            },
            replaySafe: false,
            cancellationToken);
    }

    /// <summary>Gives the client another secret; the one before ends at once.</summary>
    /// <returns>False when there is no such client, or it is a public one.</returns>
    public ValueTask<bool> ReplaceSecretAsync(string id, byte[] secretSha256, string actor, CancellationToken cancellationToken)
    {
        const string sql = "UPDATE clients SET secret_sha256 = @secret_sha256 WHERE id = @id AND secret_sha256 IS NOT NULL";

        return !IsPlausible(id) ? ValueTask.FromResult(false) : database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                bool replaced = await connection.ExecuteAsync(transaction, sql, attempt, ("id", id), ("secret_sha256", secretSha256)) == 1;
                if (replaced)
                {
                    await events.RecordAsync(connection, transaction, new(SecurityActions.ClientSecretRotated, true, actor, id), attempt);
                }

                return replaced;
            },
            replaySafe: true,
            cancellationToken);
    }

    /// <summary>At most <paramref name="limit"/> clients that were made before <paramref name="before"/>, newest first.</summary>
    public ValueTask<List<Client>> ListAsync(Guid before, int limit, CancellationToken cancellationToken)
    {
        const string sql = $"SELECT {Client.Columns} FROM clients WHERE sort_id < @before ORDER BY sort_id DESC LIMIT @limit";

        return database.ReadAsync(
            async (connection, attempt) => await connection.ListAsync(null, sql, Client.From, attempt, ("before", before), ("limit", limit)), cancellationToken);
    }

    /// <summary>What is longer than any id needs no look into the database, and U+0000 it cannot even compare.</summary>
    private static bool IsPlausible(string id) => id.Length <= LongestId && !id.Contains('\0', StringComparison.Ordinal);

    private static string[] Scopes(Client client) => [.. client.OidcScopes, .. client.Permissions.Select(static pattern => pattern.ToString())];
}

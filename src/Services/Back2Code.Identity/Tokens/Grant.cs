using Npgsql;

namespace Back2Code.Identity;

/// <summary>What a user has allowed a client once, the family of all tokens that come from it, with the user's role of now.</summary>
/// <param name="Permissions">As asked for and within the client's; the role narrows them when a token is issued.</param>
/// <param name="Sid">The session it was allowed in.</param>
internal sealed record Grant(
    Guid Id,
    string ClientId,
    Guid UserId,
    string Role,
    string[] OidcScopes,
    IReadOnlyList<PermissionPattern> Permissions,
    string? Nonce,
    Guid? Sid,
    DateTimeOffset AuthTime,
    DateTimeOffset ExpiresAt,
    bool Revoked,
    bool UserDisabled)
{
    /// <summary>Locks the grant: what happens to the tokens of one family happens one after the other.</summary>
    private const string Lock = """
        SELECT g.id, g.client_id, g.user_id, u.role, g.oidc_scopes, g.permissions, g.nonce, g.sid, g.auth_time, g.expires_at,
               g.revoked_at IS NOT NULL, u.disabled_at IS NOT NULL
        FROM grants g JOIN users u ON u.id = g.user_id
        WHERE g.id = @id
        FOR UPDATE OF g
        """;

    /// <summary>How long it is remembered: where nothing can be refreshed, until the last token that came from it has expired.</summary>
    public static TimeSpan Lifetime(RequestedScope scope, TimeSpan codeLifetime, IdentityOptions options) =>
        scope.OidcScopes.Contains(RequestedScope.OfflineAccess) ? options.GrantLifetime : codeLifetime + options.AccessTokenLifetime;

    public bool IsGoodAt(DateTimeOffset now) => !Revoked && !UserDisabled && ExpiresAt > now;

    public static Task<Grant?> LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, CancellationToken cancellationToken) =>
        connection.FirstAsync(transaction, Lock, From, cancellationToken, ("id", id));

    public static Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Grant grant, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO grants (id, client_id, user_id, oidc_scopes, permissions, nonce, sid, auth_time, created_at, expires_at)
            VALUES (@id, @client_id, @user_id, @oidc_scopes, @permissions, @nonce, @sid, @auth_time, @created_at, @expires_at)
            """;

        return connection.ExecuteAsync(
            transaction, sql, cancellationToken,
            ("id", grant.Id), ("client_id", grant.ClientId), ("user_id", grant.UserId), ("oidc_scopes", grant.OidcScopes),
            ("permissions", Texts(grant.Permissions)), ("nonce", grant.Nonce), ("sid", grant.Sid), ("auth_time", grant.AuthTime),
            ("created_at", now), ("expires_at", grant.ExpiresAt));
    }

    /// <returns>Whether it was good until now.</returns>
    public static async Task<bool> RevokeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        await connection.ExecuteAsync(
            transaction, "UPDATE grants SET revoked_at = @now WHERE id = @id AND revoked_at IS NULL", cancellationToken, ("id", id), ("now", now)) == 1;

    public static string[] Texts(IReadOnlyList<PermissionPattern> permissions) => [.. permissions.Select(static pattern => pattern.ToString())];

    private static Grant From(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetGuid(2), row.GetString(3), row.GetFieldValue<string[]>(4),
        [.. row.GetFieldValue<string[]>(5).Select(PermissionPattern.Parse)], row.TextOrNull(6), row.ValueOrNull<Guid>(7),
        row.GetFieldValue<DateTimeOffset>(8), row.GetFieldValue<DateTimeOffset>(9), row.GetBoolean(10), row.GetBoolean(11));
}

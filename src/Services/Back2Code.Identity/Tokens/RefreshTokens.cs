using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>
/// Refresh tokens: each good once, and replaced by the next with each use. A used one that comes back ends its whole family, because either the thief or the
/// robbed one sent it (RFC 9700, section 4.14.2).
/// </summary>
/// <remarks>
/// One leniency: an answer may be lost on its way, and the client then has a used token only. For a few seconds, and only while the token's successor is unused,
/// the used token is answered once more; its first successor ends with that. The family still never has two good tokens, so of a thief and a robbed one the
/// second to come is always found out, whichever of them used the leniency.
/// </remarks>
internal sealed class RefreshTokens(Database database, TokenIssuer issuer, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    private static readonly OAuthError Refused = OAuthError.InvalidGrant("The refresh token is unknown, used, expired, revoked, or another client's.");

    /// <summary>The first token of a family, if the client may refresh and its user allowed it to do so while away.</summary>
    public async Task<string?> StartAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Client client, Grant grant, CancellationToken cancellationToken) =>
        client.May(GrantTypes.RefreshToken) && grant.OidcScopes.Contains(RequestedScope.OfflineAccess)
            ? await AddAsync(connection, transaction, grant, cancellationToken)
            : null;

    public async Task<IResult> ExchangeAsync(Client client, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (form["refresh_token"] is not { } token)
        {
            return OAuthError.InvalidRequest("The parameter refresh_token is missing.");
        }

        if (RequestedScope.Parse(form["scope"]) is not { } narrower)
        {
            return OAuthError.InvalidScope();
        }

        // Not replay-safe: a second run would meet the token used. The client's own second attempt is what the leniency is for.
        return await database.WriteAsync(
            (connection, transaction, attempt) => ExchangeAsync(connection, transaction, client, token, narrower, attempt), replaySafe: false, cancellationToken);
    }

    private async ValueTask<IResult> ExchangeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Client client, string token, RequestedScope narrower, CancellationToken cancellationToken)
    {
        const string use = "UPDATE refresh_tokens SET used_at = @now WHERE token_sha256 = @token";
        const string succeed = "UPDATE refresh_tokens SET successor_sha256 = @successor WHERE token_sha256 = @token";

        // Superseded, not used: from before every window, so that no leniency is for it.
        const string supersede = "UPDATE refresh_tokens SET used_at = 'epoch' WHERE token_sha256 = @token";

        byte[] digest = Secret.Digest(token);
        var now = time.GetStorableNow();
        if (await FamilyAsync(connection, transaction, digest, cancellationToken) is not { } id
            || await Grant.LockAsync(connection, transaction, id, cancellationToken) is not { } grant
            || grant.ClientId != client.Id)
        {
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, Reason: "unknown-refresh-token"), cancellationToken);
            return Refused;
        }

        // Read again under the lock: another request may have used it between the two looks.
        var stored = (await FindAsync(connection, transaction, digest, cancellationToken))!;
        if (!grant.IsGoodAt(now) || (stored.UsedAt is null && stored.ExpiresAt <= now))
        {
            await events.RecordAsync(connection, transaction, new(SecurityActions.TokenRefused, false, client.Id, id.ToString(), "ended"), cancellationToken);
            return Refused;
        }

        bool again = stored.UsedAt is { } usedAt && usedAt > now - options.Value.RefreshRetryWindow
            && stored.Successor is { } successor && (await FindAsync(connection, transaction, successor, cancellationToken))?.UsedAt is null;
        if (stored.UsedAt is not null && !again)
        {
            await Grant.RevokeAsync(connection, transaction, id, now, cancellationToken);
            await events.RecordAsync(connection, transaction, new(SecurityActions.FamilyRevoked, true, client.Id, id.ToString(), "refresh-token-reuse"), cancellationToken);
            return Refused;
        }

        if (Narrow(grant, narrower) is not { } narrowed)
        {
            return OAuthError.InvalidScope();
        }

        if (again)
        {
            await connection.ExecuteAsync(transaction, supersede, cancellationToken, ("token", stored.Successor));
        }
        else
        {
            await connection.ExecuteAsync(transaction, use, cancellationToken, ("token", digest), ("now", now));
        }

        string next = await AddAsync(connection, transaction, grant, cancellationToken);
        await connection.ExecuteAsync(transaction, succeed, cancellationToken, ("token", digest), ("successor", Secret.Digest(next)));
        await events.RecordAsync(connection, transaction, new(SecurityActions.TokenIssued, true, client.Id, id.ToString(), again ? "refresh-again" : "refresh"), cancellationToken);
        return issuer.ForGrant(client, narrowed, next);
    }

    /// <summary>This token may hold less than the family does (RFC 6749, section 6), never more; null when it asks for more.</summary>
    private static Grant? Narrow(Grant grant, RequestedScope narrower)
    {
        if (narrower.OidcScopes.Any(scope => !grant.OidcScopes.Contains(scope)))
        {
            return null;
        }

        return narrower.OidcScopes.Count + narrower.Permissions.Count == 0
            ? grant
            : grant with
            {
                OidcScopes = [.. narrower.OidcScopes],
                Permissions = PermissionPattern.Intersect(narrower.Permissions, grant.Permissions),
            };
    }

    private async Task<string> AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Grant grant, CancellationToken cancellationToken)
    {
        const string sql = "INSERT INTO refresh_tokens (token_sha256, grant_id, expires_at) VALUES (@token, @grant_id, @expires_at)";

        string token = Secret.Create();
        await connection.ExecuteAsync(
            transaction, sql, cancellationToken,
            ("token", Secret.Digest(token)), ("grant_id", grant.Id), ("expires_at", time.GetStorableNow() + options.Value.RefreshTokenLifetime));
        return token;
    }

    private static async Task<Guid?> FamilyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] digest, CancellationToken cancellationToken) =>
        (await FindAsync(connection, transaction, digest, cancellationToken))?.GrantId;

    private static Task<Stored?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] digest, CancellationToken cancellationToken)
    {
        const string sql = "SELECT grant_id, expires_at, used_at, successor_sha256 FROM refresh_tokens WHERE token_sha256 = @token";

        return connection.FirstAsync(
            transaction, sql,
            static row => new Stored(row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1), row.ValueOrNull<DateTimeOffset>(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3)),
            cancellationToken, ("token", digest));
    }

    private sealed record Stored(Guid GrantId, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt, byte[]? Successor);
}

using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>Authorization codes: each good once, for the client and the address it was made for, and with the verifier of its PKCE challenge.</summary>
internal sealed class AuthorizationCodes(
    Database database, RefreshTokens refreshTokens, TokenIssuer issuer, SecurityEvents events, IOptions<IdentityOptions> options, TimeProvider time)
{
    private static readonly OAuthError Refused = OAuthError.InvalidGrant("The authorization code is unknown, used, expired, or not for this client, address or verifier.");

    /// <summary>Records what the user allows, and a code for it.</summary>
    public ValueTask<string> CreateAsync(AuthorizationQuery request, Session session, CancellationToken cancellationToken)
    {
        const string sql = """
            INSERT INTO authorization_codes (code_sha256, grant_id, redirect_uri, code_challenge, expires_at)
            VALUES (@code, @grant_id, @redirect_uri, @code_challenge, @expires_at)
            """;

        return database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                string code = Secret.Create();
                var now = time.GetStorableNow();
                Grant grant = new(
                    Guid.CreateVersion7(now), request.Client.Id, session.UserId, session.Role, [.. request.Scope.OidcScopes], request.Scope.Permissions,
                    request.Nonce, session.Sid, session.AuthenticatedAt,
                    now + Grant.Lifetime(request.Scope, options.Value.CodeLifetime, options.Value), Revoked: false, UserDisabled: false);
                await Grant.AddAsync(connection, transaction, grant, now, attempt);
                await connection.ExecuteAsync(
                    transaction, sql, attempt,
                    ("code", Secret.Digest(code)), ("grant_id", grant.Id), ("redirect_uri", request.RedirectUri), ("code_challenge", request.CodeChallenge),
                    ("expires_at", now + options.Value.CodeLifetime));
                return code;
            },

            // A second run makes another code; the first one, if it was stored, is in nobody's hands.
            replaySafe: true,
            cancellationToken);
    }

    public async Task<IResult> ExchangeAsync(Client client, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (form["code"] is not { } code || form["redirect_uri"] is not { } redirectUri || form["code_verifier"] is not { } verifier)
        {
            return OAuthError.InvalidRequest("The parameters code, redirect_uri and code_verifier are needed.");
        }

        return await database.WriteAsync(
            (connection, transaction, attempt) => ExchangeAsync(connection, transaction, client, code, redirectUri, verifier, attempt),
            replaySafe: false, cancellationToken);
    }

    private async ValueTask<IResult> ExchangeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Client client, string code, string redirectUri, string verifier, CancellationToken cancellationToken)
    {
        const string consume = "UPDATE authorization_codes SET consumed_at = @now WHERE code_sha256 = @code AND consumed_at IS NULL";

        byte[] digest = Secret.Digest(code);
        var now = time.GetStorableNow();
        if (await FindAsync(connection, transaction, digest, cancellationToken) is not { } stored
            || await Grant.LockAsync(connection, transaction, stored.GrantId, cancellationToken) is not { } grant
            || grant.ClientId != client.Id)
        {
            // Another client's attempt leaves the code as it is: who stole it must not be able to spoil it.
            await events.RecordAsync(new(SecurityActions.TokenRefused, false, client.Id, Reason: "unknown-code"), cancellationToken);
            return Refused;
        }

        if (await connection.ExecuteAsync(transaction, consume, cancellationToken, ("code", digest), ("now", now)) == 0)
        {
            // The second use: one of the two was not the client (RFC 6749, section 4.1.2).
            if (await Grant.RevokeAsync(connection, transaction, grant.Id, now, cancellationToken))
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.FamilyRevoked, true, client.Id, grant.Id.ToString(), "code-replay"), cancellationToken);
            }

            return Refused;
        }

        // One try only: the code is consumed, whatever comes out here.
        string? reason = stored.ExpiresAt <= now ? "expired-code"
            : stored.RedirectUri != redirectUri ? "other-redirect-uri"
            : !IsVerified(verifier, stored.CodeChallenge) ? "wrong-verifier"
            : !grant.IsGoodAt(now) ? "ended"
            : null;
        if (reason is not null)
        {
            await events.RecordAsync(connection, transaction, new(SecurityActions.TokenRefused, false, client.Id, grant.Id.ToString(), reason), cancellationToken);
            return Refused;
        }

        string? refreshToken = await refreshTokens.StartAsync(connection, transaction, client, grant, cancellationToken);
        await events.RecordAsync(connection, transaction, new(SecurityActions.TokenIssued, true, client.Id, grant.Id.ToString(), "code"), cancellationToken);
        return issuer.ForGrant(client, grant, refreshToken);
    }

    /// <summary>RFC 7636, section 4.6, for S256.</summary>
    internal static bool IsVerified(string verifier, string challenge) =>
        verifier.Length is >= 43 and <= 128
        && verifier.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
        && CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))), Encoding.ASCII.GetBytes(challenge));

    private static Task<Stored?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, byte[] digest, CancellationToken cancellationToken)
    {
        const string sql = "SELECT grant_id, redirect_uri, code_challenge, expires_at FROM authorization_codes WHERE code_sha256 = @code";

        return connection.FirstAsync(
            transaction, sql, static row => new Stored(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3)),
            cancellationToken, ("code", digest));
    }

    private sealed record Stored(Guid GrantId, string RedirectUri, string CodeChallenge, DateTimeOffset ExpiresAt);
}

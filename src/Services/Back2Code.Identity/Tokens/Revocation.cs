using System.Text.Json;
using Back2Code.Data;
using Npgsql;

namespace Back2Code.Identity;

/// <summary>
/// POST /oauth2/revoke (RFC 7009). A refresh token ends with its whole family; an access token ends alone, here and where tokens are introspected: who validates
/// it offline accepts it until it expires.
/// </summary>
internal sealed class Revocation(ClientAuthentication authentication, OwnTokens ownTokens, Database database, SecurityEvents events, TimeProvider time)
{
    public static async Task<IResult> Handle(HttpRequest request, Revocation operation, CancellationToken cancellationToken)
    {
        var (form, malformed) = await OAuthParameters.ReadFormAsync(request, cancellationToken);
        return form is null ? malformed! : await operation.ExecuteAsync(request, form, cancellationToken);
    }

    private async Task<IResult> ExecuteAsync(HttpRequest request, OAuthParameters form, CancellationToken cancellationToken)
    {
        var (client, refused) = await authentication.AuthenticateAsync(request, form, cancellationToken);
        if (client is null)
        {
            return refused!;
        }

        if (form["token"] is not { } token)
        {
            return OAuthError.InvalidRequest("The parameter token is missing.");
        }

        if (await ownTokens.ReadAccessTokenAsync(token, cancellationToken) is { } claims)
        {
            if (Jwt.Text(claims, "client_id") == client.Id)
            {
                await RevokeAccessTokenAsync(client, claims, cancellationToken);
            }
        }
        else
        {
            await RevokeFamilyAsync(client, token, cancellationToken);
        }

        // The same for every token, known or not, one's own or not: the client cannot do anything about it, and a thief learns nothing (section 2.2).
        NoStore.Apply(request.HttpContext.Response);
        return TypedResults.Ok();
    }

    private async Task RevokeAccessTokenAsync(Client client, JsonElement claims, CancellationToken cancellationToken)
    {
        const string sql = "INSERT INTO revoked_tokens (jti, expires_at) VALUES (@jti, @expires_at) ON CONFLICT (jti) DO NOTHING";

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await events.RecordAsync(connection, transaction, new(SecurityActions.TokenRevoked, true, client.Id, Jwt.Text(claims, "jti")), attempt);
                return await connection.ExecuteAsync(
                    transaction, sql, attempt,
                    ("jti", claims.GetProperty("jti").GetGuid()), ("expires_at", DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("exp").GetInt64())));
            },
            replaySafe: true,
            cancellationToken);
    }

    private async Task RevokeFamilyAsync(Client client, string token, CancellationToken cancellationToken)
    {
        const string sql = """
            UPDATE grants SET revoked_at = @now
            WHERE id = (SELECT grant_id FROM refresh_tokens WHERE token_sha256 = @token) AND client_id = @client_id AND revoked_at IS NULL
            RETURNING id
            """;

        await database.WriteAsync(
            async (connection, transaction, attempt) =>
            {
                await using var command = connection.Command(
                    transaction, sql, ("now", time.GetStorableNow()), ("token", Secret.Digest(token)), ("client_id", client.Id));
                object? revoked = await command.ExecuteScalarAsync(attempt);
                if (revoked is Guid id)
                {
                    await events.RecordAsync(connection, transaction, new(SecurityActions.FamilyRevoked, true, client.Id, id.ToString(), "asked"), attempt);
                }

                return revoked is not null;
            },
            replaySafe: true,
            cancellationToken);
    }
}

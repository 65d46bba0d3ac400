using System.Text.Json;
using System.Text.Json.Nodes;
using Back2Code.Data;

namespace Back2Code.Identity;

/// <summary>POST /oauth2/introspect (RFC 7662): whether a token is good at this moment, for clients with a secret.</summary>
internal sealed class Introspection(ClientAuthentication authentication, OwnTokens ownTokens, Database database, TimeProvider time)
{
    private static readonly string[] Shown = ["iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "roles", "auth_time", "act"];

    public static async Task<IResult> Handle(HttpRequest request, Introspection operation, CancellationToken cancellationToken)
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

        if (client.IsPublic)
        {
            // Anybody can call itself a public client, and could then try tokens here.
            return OAuthError.InvalidClient(challenge: false);
        }

        if (form["token"] is not { } token)
        {
            return OAuthError.InvalidRequest("The parameter token is missing.");
        }

        return new IntrospectionAnswer(
            await DescribeAccessTokenAsync(token, cancellationToken) ?? await DescribeRefreshTokenAsync(client, token, cancellationToken) ?? new JsonObject { ["active"] = false });
    }

    private async Task<JsonObject?> DescribeAccessTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (await ownTokens.ReadAccessTokenAsync(token, cancellationToken) is not { } claims || await IsRevokedAsync(claims, cancellationToken))
        {
            return null;
        }

        JsonObject answer = new() { ["active"] = true, ["token_type"] = "Bearer" };
        foreach (string name in Shown)
        {
            if (claims.TryGetProperty(name, out var value))
            {
                answer[name] = JsonNode.Parse(value.GetRawText());
            }
        }

        return answer;
    }

    private ValueTask<bool> IsRevokedAsync(JsonElement claims, CancellationToken cancellationToken)
    {
        // A token of a person ends with what it comes from, and with the person's right to be here.
        const string sql = """
            SELECT EXISTS (SELECT FROM revoked_tokens WHERE jti = @jti)
                OR EXISTS (SELECT FROM grants WHERE id = @grant_id AND revoked_at IS NOT NULL)
                OR EXISTS (SELECT FROM users WHERE id = @user_id AND disabled_at IS NOT NULL)
            """;

        return database.ReadAsync(
            async (connection, attempt) =>
            {
                await using var command = connection.Command(
                    null, sql, ("jti", claims.GetProperty("jti").GetGuid()), ("grant_id", IdOrEmpty(claims, "grant_id")), ("user_id", IdOrEmpty(claims, "sub")));
                return (bool)(await command.ExecuteScalarAsync(attempt))!;
            },
            cancellationToken);
    }

    private async Task<JsonObject?> DescribeRefreshTokenAsync(Client client, string token, CancellationToken cancellationToken)
    {
        const string sql = """
            SELECT g.user_id, g.oidc_scopes || g.permissions, LEAST(t.expires_at, g.expires_at)
            FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id
            WHERE t.token_sha256 = @token AND t.used_at IS NULL AND t.expires_at > @now AND g.expires_at > @now
              AND g.revoked_at IS NULL AND u.disabled_at IS NULL AND g.client_id = @client_id
            """;

        return await database.ReadAsync(
            async (connection, attempt) => await connection.FirstAsync(
                null, sql,
                row => new JsonObject
                {
                    ["active"] = true,
                    ["client_id"] = client.Id,
                    ["sub"] = row.GetGuid(0).ToString(),
                    ["scope"] = string.Join(' ', row.GetFieldValue<string[]>(1)),
                    ["exp"] = row.GetFieldValue<DateTimeOffset>(2).ToUnixTimeSeconds(),
                },
                attempt, ("token", Secret.Digest(token)), ("now", time.GetStorableNow()), ("client_id", client.Id)),
            cancellationToken);
    }

    private static Guid IdOrEmpty(JsonElement claims, string name) => Guid.TryParse(Jwt.Text(claims, name), out var id) ? id : Guid.Empty;
}

internal sealed record IntrospectionAnswer(JsonObject Body) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        NoStore.Apply(httpContext.Response);
        return httpContext.Response.WriteAsJsonAsync(Body, JsonSerializerOptions.Web, httpContext.RequestAborted);
    }
}

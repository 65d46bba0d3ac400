using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>Signs access tokens (RFC 9068) and ID tokens (OpenID Connect Core, section 2).</summary>
internal sealed class TokenIssuer(SigningKeys keys, IOptions<BearerTokenOptions> tokens, IOptions<IdentityOptions> options, TimeProvider time)
{
    /// <summary>A token of the client itself, in nobody's name.</summary>
    /// <returns>Null when nothing of what is asked for is allowed.</returns>
    public TokenAnswer? ForClient(Client client, RequestedScope requested) =>
        requested.Within(client) is { Permissions.Count: > 0 } scope
            ? Answer(Claims(client.Id, client, [], [], scope.Permissions), [], scope.Permissions)
            : null;

    /// <summary>A token in the name of a user who is not there, for a client that may do that.</summary>
    public TokenAnswer? ForImpersonated(Client client, User user, RequestedScope requested)
    {
        if (requested.Within(client) is not { Permissions.Count: > 0 } scope)
        {
            return null;
        }

        var permissions = PermissionPattern.Intersect(scope.Permissions, RolePermissions.Of(user.Role));
        var claims = Claims(user.Id.ToString(), client, [user.Role], [], permissions);

        // Who really acts (RFC 8693, section 4.1).
        claims["act"] = new Dictionary<string, object> { ["sub"] = client.Id };
        return Answer(claims, [], permissions);
    }

    /// <summary>The tokens of what a user has allowed. What role and client may do is looked up each time: both may have lost something since.</summary>
    public TokenAnswer ForGrant(Client client, Grant grant, string? refreshToken)
    {
        var permissions = PermissionPattern.Intersect(
            PermissionPattern.Intersect(grant.Permissions, client.Permissions), RolePermissions.Of(grant.Role));
        var claims = Claims(grant.UserId.ToString(), client, [grant.Role], grant.OidcScopes, permissions);
        claims["auth_time"] = grant.AuthTime.ToUnixTimeSeconds();
        claims["grant_id"] = grant.Id;
        var answer = Answer(claims, grant.OidcScopes, permissions) with { RefreshToken = refreshToken };
        return grant.OidcScopes.Contains(RequestedScope.OpenId) ? answer with { IdToken = IdToken(client, grant, answer.AccessToken) } : answer;
    }

    private string IdToken(Client client, Grant grant, string accessToken)
    {
        var now = time.GetUtcNow();
        Dictionary<string, object> claims = new()
        {
            ["iss"] = tokens.Value.Issuer,
            ["sub"] = grant.UserId,
            ["aud"] = client.Id,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + options.Value.AccessTokenLifetime).ToUnixTimeSeconds(),
            ["auth_time"] = grant.AuthTime.ToUnixTimeSeconds(),

            // The left half of the digest (OpenID Connect Core, section 3.1.3.6).
            ["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16)),
        };
        if (grant.Nonce is not null)
        {
            claims["nonce"] = grant.Nonce;
        }

        if (grant.Sid is { } sid)
        {
            claims["sid"] = sid;
        }

        return Jwt.Sign(keys.Current.Active, Jwt.IdTokenType, claims);
    }

    private Dictionary<string, object> Claims(
        string subject, Client client, string[] roles, IReadOnlyList<string> oidcScopes, IReadOnlyList<PermissionPattern> permissions)
    {
        var now = time.GetUtcNow();
        return new()
        {
            ["iss"] = tokens.Value.Issuer,
            ["sub"] = subject,
            ["aud"] = tokens.Value.Audience,
            ["client_id"] = client.Id,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = (now + options.Value.AccessTokenLifetime).ToUnixTimeSeconds(),
            ["jti"] = Guid.CreateVersion7(now),
            ["scope"] = Text(oidcScopes, permissions),
            ["roles"] = roles,
        };
    }

    private TokenAnswer Answer(Dictionary<string, object> claims, IReadOnlyList<string> oidcScopes, IReadOnlyList<PermissionPattern> permissions) =>
        new(Jwt.Sign(keys.Current.Active, Jwt.AccessTokenType, claims), (long)options.Value.AccessTokenLifetime.TotalSeconds, Text(oidcScopes, permissions));

    private static string Text(IReadOnlyList<string> oidcScopes, IReadOnlyList<PermissionPattern> permissions) =>
        string.Join(' ', oidcScopes.Concat(permissions.Select(static pattern => pattern.ToString())));
}

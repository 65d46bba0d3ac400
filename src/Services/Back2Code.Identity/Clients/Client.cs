using Npgsql;

namespace Back2Code.Identity;

/// <summary>A program that may ask for tokens.</summary>
/// <param name="SecretSha256">Null for a public client: one that cannot keep a secret, such as a browser or a phone.</param>
/// <param name="OidcScopes">Scopes of OpenID Connect that it may ask for.</param>
/// <param name="Permissions">The most that its tokens may hold.</param>
/// <param name="FirstParty">Whether its users are not asked for their consent.</param>
/// <param name="MayImpersonate">Whether it may have tokens of users by token exchange.</param>
internal sealed record Client(
    string Id,
    Guid SortId,
    string Name,
    byte[]? SecretSha256,
    string[] RedirectUris,
    string[] PostLogoutRedirectUris,
    string[] Grants,
    IReadOnlyList<string> OidcScopes,
    IReadOnlyList<PermissionPattern> Permissions,
    bool FirstParty,
    bool MayImpersonate,
    DateTimeOffset CreatedAt)
{
    /// <summary>The columns that <see cref="From"/> reads, in its order.</summary>
    public const string Columns =
        "id, sort_id, name, secret_sha256, redirect_uris, post_logout_redirect_uris, grants, scopes, first_party, may_impersonate, created_at";

    public bool IsPublic => SecretSha256 is null;

    public bool May(string grant) => Grants.Contains(grant);

    public static Client From(NpgsqlDataReader row)
    {
        // What was stored was checked before; an unknown scope would be of a later version, and gives nothing here.
        var scopes = RequestedScope.Parse(string.Join(' ', row.GetFieldValue<string[]>(7))) ?? new([], []);
        return new(
            row.GetString(0), row.GetGuid(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3),
            row.GetFieldValue<string[]>(4), row.GetFieldValue<string[]>(5), row.GetFieldValue<string[]>(6),
            scopes.OidcScopes, scopes.Permissions, row.GetBoolean(8), row.GetBoolean(9), row.GetFieldValue<DateTimeOffset>(10));
    }
}

/// <summary>The values of <c>grant_type</c> that are understood.</summary>
internal static class GrantTypes
{
    public const string AuthorizationCode = "authorization_code";
    public const string RefreshToken = "refresh_token";
    public const string ClientCredentials = "client_credentials";
    public const string DeviceCode = "urn:ietf:params:oauth:grant-type:device_code";
    public const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    public static readonly string[] All = [AuthorizationCode, RefreshToken, ClientCredentials, DeviceCode, TokenExchange];
}

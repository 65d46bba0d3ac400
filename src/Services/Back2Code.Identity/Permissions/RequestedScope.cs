namespace Back2Code.Identity;

/// <summary>The parameter <c>scope</c>: scopes of OpenID Connect beside patterns of permissions.</summary>
/// <param name="Permissions">Empty when the request names none, which asks for all there are.</param>
internal sealed record RequestedScope(IReadOnlyList<string> OidcScopes, IReadOnlyList<PermissionPattern> Permissions)
{
    public const string OpenId = "openid";
    public const string Profile = "profile";
    public const string OfflineAccess = "offline_access";

    // Far more than there are to ask for; bounds the work of comparing patterns with each other.
    private const int Most = 50;

    public static readonly IReadOnlyList<string> KnownOidcScopes = [OpenId, Profile, OfflineAccess];

    /// <returns>Null when the text is no list of scopes that this server knows.</returns>
    public static RequestedScope? Parse(string? text)
    {
        string[] items = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (items.Length > Most)
        {
            return null;
        }

        List<string> oidc = [];
        List<PermissionPattern> permissions = [];
        foreach (string item in items.Distinct(StringComparer.Ordinal))
        {
            if (KnownOidcScopes.Contains(item))
            {
                oidc.Add(item);
            }
            else if (PermissionPattern.TryParse(item, out var pattern))
            {
                permissions.Add(pattern);
            }
            else
            {
                return null;
            }
        }

        return new(oidc, permissions);
    }

    /// <summary>What of it the client may have; null when that is nothing.</summary>
    public RequestedScope? Within(Client client)
    {
        List<string> oidc = [.. OidcScopes.Where(client.OidcScopes.Contains)];
        var permissions = PermissionPattern.Intersect(Permissions.Count == 0 ? [PermissionPattern.All] : Permissions, client.Permissions);
        return oidc.Count == 0 && permissions.Count == 0 ? null : new(oidc, permissions);
    }
}

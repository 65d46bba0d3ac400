namespace Back2Code.Identity;

/// <summary>What a client may be. Pure.</summary>
internal static class ClientRules
{
    private const int LongestUri = 2_000;

    /// <returns>What is wrong with the request, or null.</returns>
    public static string? Check(CreateClientRequest request)
    {
        if (request.Name.Any(char.IsControl))
        {
            return "A name holds no control characters.";
        }

        if (request.Grants.FirstOrDefault(grant => !GrantTypes.All.Contains(grant)) is not null)
        {
            return $"A grant is one of {string.Join(", ", GrantTypes.All)}.";
        }

        if (RequestedScope.Parse(string.Join(' ', request.Scopes)) is null)
        {
            return "A scope is openid, profile, offline_access, or a pattern of permissions such as notes:write, *:read or *.";
        }

        if (!request.Confidential && (request.MayImpersonate || request.Grants.Contains(GrantTypes.ClientCredentials) || request.Grants.Contains(GrantTypes.TokenExchange)))
        {
            return "A public client cannot prove who it is, so it has neither client credentials nor token exchange.";
        }

        if (request.Grants.Contains(GrantTypes.TokenExchange) != request.MayImpersonate)
        {
            return "Token exchange is for clients that may impersonate, and for no others.";
        }

        if (request.Grants.Contains(GrantTypes.AuthorizationCode) && request.RedirectUris is not { Count: > 0 })
        {
            return "A client with authorization codes needs a redirect URI.";
        }

        return (request.RedirectUris ?? []).Concat(request.PostLogoutRedirectUris ?? []).FirstOrDefault(static uri => !IsGoodRedirect(uri)) is null
            ? null
            : "A redirect URI is absolute and without a fragment: https anywhere, http on this machine only, or an app's own scheme with a dot in it.";
    }

    /// <summary>RFC 9700, section 2.1, and RFC 8252, section 7, for apps.</summary>
    internal static bool IsGoodRedirect(string text)
    {
        if (text.Length > LongestUri || text.Any(static c => c is <= ' ' or > '~' or '\\' or '#' or '*') || !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.UserInfo.Length > 0)
        {
            return false;
        }

        return uri.Scheme switch
        {
            "https" => true,
            "http" => uri.IsLoopback,

            // A scheme of an app's own is a domain name backwards: javascript:, data: and file: have no dot.
            _ => uri.Scheme.Contains('.', StringComparison.Ordinal),
        };
    }
}

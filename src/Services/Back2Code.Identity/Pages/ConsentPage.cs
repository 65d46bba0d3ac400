namespace Back2Code.Identity;

/// <summary>Asks the user whether a client may have what it asks for.</summary>
internal static class ConsentPage
{
    public static Page Show(HttpContext http, BrowserCookies cookies, AuthorizationQuery request, Session session, string address) => new(
        "Allow access?",
        Html.Of(
            $"""
            <p><strong>{request.Client.Name}</strong> asks for access in your name, {session.UserName}:</p>
            {Scopes(request.Scope)}
            <form method="post" action="{Routes.Consent}">
            <input type="hidden" name="form_token" value="{cookies.FormToken(http)}"><input type="hidden" name="continue" value="{address}">
            <button name="decision" value="allow">Allow</button><button name="decision" value="deny">Deny</button>
            </form>
            """),
        FormTarget: Page.OriginOf(request.RedirectUri));

    /// <summary>A list of what is asked for, in words.</summary>
    public static Html Scopes(RequestedScope scope) =>
        Html.Of($"<ul>{Html.Join(scope.OidcScopes.Select(Describe).Concat(scope.Permissions.Select(Describe)).Select(static text => Html.Of($"<li>{text}</li>")))}</ul>");

    private static string Describe(string oidcScope) => oidcScope switch
    {
        RequestedScope.OpenId => "to know that it is you",
        RequestedScope.Profile => "to know your name",
        RequestedScope.OfflineAccess => "to keep this access while you are away",
        _ => oidcScope,
    };

    private static string Describe(PermissionPattern pattern) =>
        pattern == PermissionPattern.All ? "to do everything that your role may do"
        : pattern.Resource == "*" ? $"to {pattern.Action} everything that your role may {pattern.Action}"
        : pattern.Action == "*" ? $"to do with {pattern.Resource} whatever your role may do"
        : $"to {pattern.Action} {pattern.Resource}";
}

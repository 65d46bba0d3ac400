using Microsoft.AspNetCore.WebUtilities;

namespace Back2Code.Identity;

/// <summary>GET and POST /oauth2/logout (OpenID Connect RP-Initiated Logout) and the form behind it, at /sign-out.</summary>
internal sealed class SignOutPage(SessionStore sessions, BrowserCookies cookies, ClientStore clients, OwnTokens ownTokens)
{
    /// <summary>A client sends its user here. Unless it proves to know this very session, the user is asked: a link elsewhere must not sign anybody out.</summary>
    public static async Task<IResult> HandleLogout(HttpContext http, SignOutPage page, CancellationToken cancellationToken) =>
        await OAuthParameters.ReadAsync(http.Request, cancellationToken) is { } parameters
            ? await page.LogoutAsync(http, parameters, cancellationToken)
            : Page.Error(StatusCodes.Status400BadRequest, "The request cannot be read, or says something twice.");

    public static async Task<IResult> HandleGet(HttpContext http, SignOutPage page, CancellationToken cancellationToken) =>
        await page.AskAsync(http, target: null, cancellationToken);

    public static async Task<IResult> HandlePost(HttpContext http, SignOutPage page, CancellationToken cancellationToken)
    {
        var (form, _) = await OAuthParameters.ReadFormAsync(http.Request, cancellationToken);
        if (form is null || !page.IsOurs(http, form))
        {
            return Page.ForeignForm();
        }

        var target = await page.ReadTargetAsync(form, cancellationToken);
        await page.EndAsync(http, cancellationToken);
        return target is null ? Done() : new SeeOther(target.Address);
    }

    private bool IsOurs(HttpContext http, OAuthParameters form) => cookies.IsOurs(http.Request, form["form_token"]);

    private async Task<IResult> LogoutAsync(HttpContext http, OAuthParameters parameters, CancellationToken cancellationToken)
    {
        if (parameters["post_logout_redirect_uri"] is not null && await ReadTargetAsync(parameters, cancellationToken) is null)
        {
            return Page.Error(StatusCodes.Status400BadRequest, "The application that sent you here asks to send you on to an address that it has not registered.");
        }

        var target = await ReadTargetAsync(parameters, cancellationToken);
        var session = await sessions.FindAsync(cookies.Session(http.Request), cancellationToken);
        if (session is null)
        {
            return target is null ? Done() : new SeeOther(target.Address);
        }

        if (parameters["id_token_hint"] is { } hint && await ownTokens.ReadIdTokenAsync(hint, cancellationToken) is { } claims
            && Jwt.Text(claims, "sid") == session.Sid.ToString())
        {
            await EndAsync(http, cancellationToken);
            return target is null ? Done() : new SeeOther(target.Address);
        }

        return await AskAsync(http, target, cancellationToken);
    }

    private async Task<IResult> AskAsync(HttpContext http, Target? target, CancellationToken cancellationToken) =>
        await sessions.FindAsync(cookies.Session(http.Request), cancellationToken) is not { } session
            ? Done()
            : new Page(
                "Sign out?",
                Html.Of(
                    $"""
                    <p>You are signed in as <strong>{session.UserName}</strong>.</p>
                    <form method="post" action="{Routes.SignOut}">
                    <input type="hidden" name="form_token" value="{cookies.FormToken(http)}">
                    <input type="hidden" name="client_id" value="{target?.ClientId}"><input type="hidden" name="post_logout_redirect_uri" value="{target?.RedirectUri}">
                    <input type="hidden" name="state" value="{target?.State}">
                    <button>Sign out</button>
                    </form>
                    """),
                FormTarget: target is null ? null : Page.OriginOf(target.RedirectUri));

    private async Task EndAsync(HttpContext http, CancellationToken cancellationToken)
    {
        if (cookies.Session(http.Request) is { } cookie && await sessions.FindAsync(cookie, cancellationToken) is { } session)
        {
            await sessions.EndAsync(cookie, session, cancellationToken);
        }

        cookies.ClearSession(http.Response);
    }

    /// <summary>Where the client wants its user back: only where it has registered, and only if it says who it is.</summary>
    private async Task<Target?> ReadTargetAsync(OAuthParameters parameters, CancellationToken cancellationToken)
    {
        if (parameters["post_logout_redirect_uri"] is not { } redirectUri)
        {
            return null;
        }

        string? clientId = parameters["client_id"];
        if (parameters["id_token_hint"] is { } hint && await ownTokens.ReadIdTokenAsync(hint, cancellationToken) is { } claims)
        {
            string? audience = Jwt.Text(claims, "aud");
            if (clientId is not null && clientId != audience)
            {
                return null;
            }

            clientId = audience;
        }

        return clientId is not null && await clients.FindAsync(clientId, cancellationToken) is { } client
            && client.PostLogoutRedirectUris.Contains(redirectUri, StringComparer.Ordinal)
            ? new(clientId, redirectUri, parameters["state"])
            : null;
    }

    private static Page Done() => new("Signed out", Html.Of($"<p>You are signed out here.</p>"));

    private sealed record Target(string ClientId, string RedirectUri, string? State)
    {
        public string Address => State is null ? RedirectUri : QueryHelpers.AddQueryString(RedirectUri, "state", State);
    }
}

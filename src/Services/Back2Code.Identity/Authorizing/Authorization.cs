using Back2Code.Authentication;
using Microsoft.Extensions.Options;

namespace Back2Code.Identity;

/// <summary>GET and POST /oauth2/authorize: from a client's request to a code, by way of the pages that it takes.</summary>
internal sealed class Authorization(
    ClientStore clients, SessionStore sessions, Consents consents, AuthorizationCodes codes, BrowserCookies cookies, Interruption interruption,
    IOptions<BearerTokenOptions> tokens, TimeProvider time)
{
    public static async Task<IResult> Handle(HttpContext http, Authorization operation, CancellationToken cancellationToken) =>
        await OAuthParameters.ReadAsync(http.Request, cancellationToken) is { } parameters
            ? await operation.ExecuteAsync(http, parameters, cancellationToken)
            : Page.Error(StatusCodes.Status400BadRequest, "The request cannot be read, or says something twice.");

    private async Task<IResult> ExecuteAsync(HttpContext http, OAuthParameters parameters, CancellationToken cancellationToken)
    {
        switch (await AuthorizationQuery.ReadAsync(parameters, clients, cancellationToken))
        {
            case AuthorizationReading.InOrder { Request: var request }:
                string? cookie = cookies.Session(http.Request);
                return await AuthorizeAsync(http, request, parameters, await sessions.FindAsync(cookie, cancellationToken), cancellationToken);
            case AuthorizationReading.Refused refused:
                return Refuse(refused.RedirectUri, refused.State, refused.Error, refused.Description);
            case AuthorizationReading.Hopeless hopeless:
                return Page.Error(StatusCodes.Status400BadRequest, hopeless.Message);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private async Task<IResult> AuthorizeAsync(
        HttpContext http, AuthorizationQuery request, OAuthParameters parameters, Session? session, CancellationToken cancellationToken)
    {
        if (session is null || !IsRecentEnough(session, request, parameters))
        {
            return request.AsksFor("none")
                ? Refuse(request, "login_required", "The user is not signed in, or not recently enough.")
                : new SeeOther($"{Routes.SignIn}?continue={Uri.EscapeDataString(interruption.Resume(parameters))}");
        }

        bool ask = request.AsksFor("consent")
            || (!request.Client.FirstParty && !await consents.CoverAsync(session.UserId, request.Client, request.Scope, cancellationToken));
        if (!ask)
        {
            return await GrantAsync(request, session, cancellationToken);
        }

        return request.AsksFor("none")
            ? Refuse(request, "consent_required", "The user has not allowed this yet.")
            : ConsentPage.Show(http, cookies, request, session, interruption.Resume(parameters));
    }

    /// <summary>The user allows or denies on the page. All that was checked before is checked again: the form came through a browser.</summary>
    public static async Task<IResult> HandleConsent(HttpContext http, Authorization operation, CancellationToken cancellationToken)
    {
        var (form, _) = await OAuthParameters.ReadFormAsync(http.Request, cancellationToken);
        return form is null
            ? Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read.")
            : await operation.DecideAsync(http, form, cancellationToken);
    }

    private async Task<IResult> DecideAsync(HttpContext http, OAuthParameters form, CancellationToken cancellationToken)
    {
        if (!cookies.IsOurs(http.Request, form["form_token"]))
        {
            return Page.ForeignForm();
        }

        if (Interruption.Read(form["continue"]) is not { } parameters
            || await AuthorizationQuery.ReadAsync(parameters, clients, cancellationToken) is not AuthorizationReading.InOrder { Request: var request })
        {
            return Page.Error(StatusCodes.Status400BadRequest, "The form cannot be read.");
        }

        var session = await sessions.FindAsync(cookies.Session(http.Request), cancellationToken);
        if (session is null || !IsRecentEnough(session, request, parameters))
        {
            return new SeeOther($"{Routes.SignIn}?continue={Uri.EscapeDataString(interruption.Resume(parameters))}");
        }

        bool allowed = form["decision"] == "allow";
        await consents.DecideAsync(session.UserId, request.Client, request.Scope, allowed, cancellationToken);
        return allowed
            ? await GrantAsync(request, session, cancellationToken)
            : Refuse(request, "access_denied", "The user has denied it.");
    }

    private bool IsRecentEnough(Session session, AuthorizationQuery request, OAuthParameters parameters)
    {
        bool again = request.AsksFor("login") || request.AsksFor("select_account");
        if (!again && request.MaxAge is null)
        {
            return true;
        }

        // Signed in on the page that this very request led to: as recent as it gets.
        return interruption.Began(parameters) is { } began && session.AuthenticatedAt >= began
            || (!again && time.GetUtcNow() - session.AuthenticatedAt <= request.MaxAge);
    }

    private async Task<IResult> GrantAsync(AuthorizationQuery request, Session session, CancellationToken cancellationToken) =>
        new SeeOther(AuthorizationQuery.Answer(
            request.RedirectUri, request.State, tokens.Value.Issuer, ("code", await codes.CreateAsync(request, session, cancellationToken))));

    private SeeOther Refuse(AuthorizationQuery request, string error, string description) => Refuse(request.RedirectUri, request.State, error, description);

    private SeeOther Refuse(string redirectUri, string? state, string error, string description) =>
        new(AuthorizationQuery.Answer(redirectUri, state, tokens.Value.Issuer, ("error", error), ("error_description", description)));
}
